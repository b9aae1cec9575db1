/**
 * Orders, one JSON document a line: each gets the category of its product and its total in euro cents; then
 * sales per category.
 *
 *   npx millrace run examples/enrich-orders.ts [-- orders.jsonl]
 */
import { StreamExecutionEnvironment } from "millrace";

interface Order {
  readonly id: number;
  readonly customer: string;
  readonly country: string;
  readonly product: string;
  readonly quantity: number;
  /** Of one piece, in the currency of the order. */
  readonly cents: number;
  readonly currency: string;
  readonly coupon?: string;
}

const [file = new URL("./data/orders.jsonl", import.meta.url)] = process.argv.slice(2);

const CATALOGUE: Record<string, { category: string; taxPercent: number }> = {
  "tea-green": { category: "drinks", taxPercent: 7 },
  "tea-black": { category: "drinks", taxPercent: 7 },
  "coffee-beans": { category: "drinks", taxPercent: 7 },
  "coffee-ground": { category: "drinks", taxPercent: 7 },
  biscuits: { category: "food", taxPercent: 7 },
  honey: { category: "food", taxPercent: 7 },
  mug: { category: "kitchen", taxPercent: 19 },
  kettle: { category: "kitchen", taxPercent: 19 },
};
const EUROS: Record<string, number> = { EUR: 1, USD: 0.92, GBP: 1.17, JPY: 0.0061, BRL: 0.18 };
const LARGE = 100_00;

const inEuros = (amount: number, currency: string) => Math.round(amount * (EUROS[currency] ?? 0));

function enrich(line: string) {
  const { product, quantity, cents, currency }: Order = JSON.parse(line);
  const total = inEuros(cents * quantity, currency);
  return {
    category: CATALOGUE[product]?.category ?? "other",
    total,
    tax: Math.round((total * (CATALOGUE[product]?.taxPercent ?? 0)) / 100),
    isLarge: total >= LARGE,
  };
}

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env.setRuntimeMode("BATCH");

const orders = env.readTextFile(file).map(enrich);

orders
  .filter(({ total }) => total > 0)
  .keyBy("category")
  .sum("total")
  .map(({ category, total }) => `${category}: ${(total / 100).toFixed(2)} EUR`)
  .print();

orders
  .filter((order) => order.isLarge)
  .map((order) => [`large ${order.category}`, 1])
  .keyBy(0)
  .sum(1)
  .print();

await env.execute("Enrich orders");
