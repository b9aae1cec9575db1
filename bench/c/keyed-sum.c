/* Keyed sum in plain C: open addressing over arrays, one thread. Input is built before the clock starts.
 * usage: keyed-sum ROWS KEYS PASSES -> one line "ms answer". */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

typedef struct {
  uint64_t key_plus_one;
  int64_t sum;
} slot;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  uint64_t rows = strtoull(argv[1], 0, 10), keys = strtoull(argv[2], 0, 10), passes = strtoull(argv[3], 0, 10);
  int64_t *key = malloc(rows * 8), *value = malloc(rows * 8);
  for (uint64_t i = 0; i < rows; i++) {
    uint64_t r = mix(42 + (i + 1) * 0x9E3779B97F4A7C15ull);
    key[i] = (int64_t)((r >> 32) % keys);
    value[i] = (int64_t)(r & 1023);
  }
  uint64_t capacity = 16;
  while (capacity < keys * 2) capacity *= 2;
  slot *table = malloc(capacity * sizeof(slot));
  memset(table, 1, capacity * sizeof(slot));
  double start = now_ms();
  memset(table, 0, capacity * sizeof(slot));
  for (uint64_t pass = 0; pass < passes; pass++) {
    for (uint64_t i = 0; i < rows; i++) {
      uint64_t wanted = (uint64_t)key[i] + 1;
      uint64_t at = ((wanted * 0x9E3779B97F4A7C15ull) >> 20) & (capacity - 1);
      while (table[at].key_plus_one != wanted && table[at].key_plus_one != 0) at = (at + 1) & (capacity - 1);
      table[at].key_plus_one = wanted;
      table[at].sum += value[i];
    }
  }
  double ms = now_ms() - start;
  uint32_t answer = 0, count = 0;
  for (uint64_t at = 0; at < capacity; at++) {
    if (table[at].key_plus_one == 0) continue;
    uint32_t k = (uint32_t)(table[at].key_plus_one - 1), s = (uint32_t)table[at].sum;
    answer += (k * 0x9E3779B1u) ^ (s * 0x85EBCA6Bu);
    count++;
  }
  printf("%.3f %u:%u\n", ms, count, answer);
  return 0;
}
