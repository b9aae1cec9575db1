/**
 * `millrace/testing`: what users test their own functions with.
 * @public
 */
export { type Clock, systemClock } from "./common/clock.ts";
