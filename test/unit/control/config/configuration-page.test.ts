import { test } from "node:test";
import {
  CONFIGURATION_PAGE,
  renderConfigurationPage,
} from "../../../../scripts/configuration-page.ts";
import { assertGolden } from "../golden-file.ts";

test("the page of options is what the table of options makes of it (npm run docs)", () => {
  assertGolden(CONFIGURATION_PAGE, renderConfigurationPage());
});
