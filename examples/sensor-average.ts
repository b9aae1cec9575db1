/**
 * Averages per sensor of readings in a CSV file, without those that cannot be.
 *
 *   npx millrace run examples/sensor-average.ts [-- readings.csv]
 */
import { StreamExecutionEnvironment } from "millrace";

interface Reading {
  sensor: string;
  celsius: number;
  humidity: number;
}

const [file = new URL("./data/sensors.csv", import.meta.url)] = process.argv.slice(2);

const LIMITS = { celsius: [-40, 60], humidity: [0, 100] } as const;

function parseReading(line: string): Reading {
  const [sensor = "", , celsius = "", humidity = ""] = line.split(",");
  return { sensor, celsius: parseFloat(celsius), humidity: parseInt(humidity, 10) };
}

const within = (value: number, [low, high]: readonly [number, number]) =>
  value >= low && value <= high;

const isValid = (reading: Reading) =>
  within(reading.celsius, LIMITS.celsius) && within(reading.humidity, LIMITS.humidity);

const average = (sum: number, count: number) => Math.round((10 * sum) / count) / 10;

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setRuntimeMode("BATCH");

env
  .readTextFile(file)
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map(parseReading)
  .filter(isValid)
  .map((reading) => ({ ...reading, count: 1 }))
  .keyBy((reading) => reading.sensor)
  .reduce((a, b) => ({
    sensor: a.sensor,
    celsius: a.celsius + b.celsius,
    humidity: a.humidity + b.humidity,
    count: a.count + b.count,
  }))
  .map(({ sensor, celsius, humidity, count }) => ({
    sensor,
    celsius: average(celsius, count),
    humidity: average(humidity, count),
    readings: count,
  }))
  .print();

await env.execute("Sensor average");
