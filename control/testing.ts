/**
 * `millrace/testing`: what users test their own functions with.
 * @public
 */
export { systemClock, type Clock } from "./common/clock.ts";
