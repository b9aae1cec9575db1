/* Nexmark queries over columns of bids in plain C, one thread: results go into columns of 4,096 rows, which
 * are then digested as the sink of the job does it.
 * usage: bids QUERY FILE PASSES -> one line "ms answer". FILE (bench/bids.ts writes it): u32 rows, u32 0;
 * i64 auction[], bidder[], price[], dateTime[]; for channel, url and extra each u32 offsets[rows + 1] padded
 * to 8 bytes, then the bytes padded to 8. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 4096, COLUMNS = 7 };

typedef struct {
  const uint32_t *offsets;
  const uint8_t *bytes;
} strings;

/* A column of results: numbers, or where strings end. */
typedef struct {
  int is_text;
  int64_t numbers[BATCH];
  uint32_t ends[BATCH + 1];
  uint8_t *heap;
} column;

static uint32_t rows, out_rows;
static const int64_t *auction, *bidder, *price, *date_time;
static strings channel, url, extra;
static column out[COLUMNS];
static int out_columns;
static uint64_t total_rows;
static uint32_t digest;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static inline void put(int index, int64_t value) { out[index].numbers[out_rows] = value; }

static inline void put_text(int index, const uint8_t *bytes, uint32_t length) {
  uint32_t at = out[index].ends[out_rows];
  memcpy(out[index].heap + at, bytes, length);
  out[index].ends[out_rows + 1] = at + length;
}

static inline void put_row(int index, strings column, uint32_t row) {
  put_text(index, column.bytes + column.offsets[row], column.offsets[row + 1] - column.offsets[row]);
}

static void flush(void) {
  static uint32_t digests[BATCH];
  memset(digests, 0, sizeof digests);
  for (int c = 0; c < out_columns; c++) {
    for (uint32_t row = 0; row < out_rows; row++) {
      uint32_t low, high;
      if (out[c].is_text) {
        uint32_t end = out[c].ends[row + 1];
        low = end - out[c].ends[row];
        high = out[c].heap[end - 1];
      } else {
        low = (uint32_t)out[c].numbers[row];
        high = (uint32_t)(out[c].numbers[row] >> 32);
      }
      digests[row] = (digests[row] ^ low ^ (high * 0x85EBCA6Bu)) * 0x9E3779B1u;
    }
  }
  for (uint32_t row = 0; row < out_rows; row++) digest += digests[row];
  total_rows += out_rows;
  out_rows = 0;
}

static inline void emit(void) {
  if (++out_rows == BATCH) flush();
}

static void q0(int64_t factor) {
  for (uint32_t row = 0; row < rows; row++) {
    put(0, auction[row]);
    put(1, bidder[row]);
    put(2, price[row] * factor);
    put(3, date_time[row]);
    put_row(4, extra, row);
    emit();
  }
}

static void q2(void) {
  for (uint32_t row = 0; row < rows; row++) {
    if (auction[row] % 123 != 0) continue;
    put(0, auction[row]);
    put(1, price[row]);
    emit();
  }
}

static void q14(void) {
  static const char *const names[] = {"dayTime", "nightTime", "otherTime"};
  for (uint32_t row = 0; row < rows; row++) {
    int64_t converted = price[row] * 908;
    if (!(converted > 1000000000 && converted < 50000000000)) continue;
    int64_t hour = date_time[row] / 3600000 % 24, count = 0;
    const char *name = names[hour >= 8 && hour <= 18 ? 0 : hour <= 6 || hour >= 20 ? 1 : 2];
    for (uint32_t at = extra.offsets[row]; at < extra.offsets[row + 1]; at++) count += extra.bytes[at] == 'c';
    put(0, auction[row]);
    put(1, bidder[row]);
    put(2, converted);
    put_text(3, (const uint8_t *)name, (uint32_t)strlen(name));
    put(4, date_time[row]);
    put_row(5, extra, row);
    put(6, count);
    emit();
  }
}

static void q22(void) {
  for (uint32_t row = 0; row < rows; row++) {
    const uint8_t *at = url.bytes + url.offsets[row], *end = url.bytes + url.offsets[row + 1];
    put(0, auction[row]);
    put(1, bidder[row]);
    put(2, price[row]);
    put_row(3, channel, row);
    for (int piece = 0; piece < 6; piece++) {
      const uint8_t *stop = memchr(at, '/', (size_t)(end - at));
      if (stop == 0) stop = end;
      if (piece >= 3) put_text(piece + 1, at, (uint32_t)(stop - at));
      at = stop + 1;
    }
    emit();
  }
}

static const uint8_t *padded(const uint8_t *at, size_t bytes) { return at + ((bytes + 7) & ~(size_t)7); }

static const uint8_t *read_strings(const uint8_t *at, strings *column) {
  column->offsets = (const uint32_t *)at;
  column->bytes = padded(at, (rows + 1) * 4ull);
  return padded(column->bytes, column->offsets[rows]);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  FILE *file = fopen(argv[2], "rb");
  if (file == 0) return 2;
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  uint8_t *data = malloc(size);
  if (fread(data, 1, size, file) != size) return 2;
  rows = *(uint32_t *)data;
  auction = (const int64_t *)(data + 8);
  bidder = auction + rows;
  price = bidder + rows;
  date_time = price + rows;
  const uint8_t *at = (const uint8_t *)(date_time + rows);
  at = read_strings(at, &channel);
  at = read_strings(at, &url);
  read_strings(at, &extra);
  const char *query = argv[1];
  out_columns = !strcmp(query, "q2") ? 2 : !strcmp(query, "q14") || !strcmp(query, "q22") ? 7 : 5;
  for (int c = 0; c < COLUMNS; c++) out[c].heap = malloc(BATCH * 256);
  if (!strcmp(query, "q0") || !strcmp(query, "q1")) out[4].is_text = 1;
  if (!strcmp(query, "q14")) out[3].is_text = out[5].is_text = 1;
  if (!strcmp(query, "q22")) for (int c = 3; c < 7; c++) out[c].is_text = 1;
  int passes = atoi(argv[3]);
  double start = now_ms();
  for (int pass = 0; pass < passes; pass++) {
    if (!strcmp(query, "q0")) q0(1);
    else if (!strcmp(query, "q1")) q0(908);
    else if (!strcmp(query, "q2")) q2();
    else if (!strcmp(query, "q14")) q14();
    else q22();
    flush();
  }
  printf("%.3f %llu:%u\n", now_ms() - start, (unsigned long long)total_rows, digest);
  return 0;
}
