// The HTML report in a real browser: what a person sees and does, light, dark, narrow, printed and without a script.
//
// node tests/page/test.mjs EVQL CHROMIUM [FOLDER FOR SCREENSHOTS]; playwright-core must be found beside it or by NODE_PATH.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import assert from "node:assert/strict";

const { chromium } = createRequire(join(process.env.PLAYWRIGHT || process.cwd(), "x.js"))("playwright-core");
const [evql, executablePath, screenshots] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), "evql-page-"));
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// The alerts of the fixture, whose second is hostile, and one with a command line of a megabyte.
const alerts = readFileSync(join(here, "alerts.jsonl"), "utf8");
const huge = JSON.parse(alerts.split("\n")[4]);
huge.evql.alert = 6;
huge.events[0].winlog.record_id = "77";
huge.events[0].process.command_line = "start " + "<script>pwned=1</script>".repeat(45000) + " end";
const input = join(work, "alerts.jsonl");
const report = join(work, "report.html");
writeFileSync(input, alerts + JSON.stringify(huge) + "\n{\"broken\": <script>\n");
const run = (args) => execFileSync(evql, args, { stdio: ["ignore", "pipe", "pipe"] });
run(["report", input, "-o", report, "--allow-partial", "--report-title", "Case 17 <b>"]);

let passed = 0;
const check = async (name, test) => {
  try {
    await test();
    passed += 1;
  } catch (error) {
    console.log(`FAILED: ${name}\n${error.stack}`);
    failed += 1;
  }
};
let failed = 0;

const context = await chromium.launchPersistentContext(join(work, "profile"), { executablePath, args: flags, viewport: { width: 1280, height: 900 }, acceptDownloads: false });
const problems = [];
const requests = [];
const watch = (page) => {
  page.on("console", (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => { problems.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => requests.push(request.url()));
  return page;
};
const address = pathToFileURL(report).href;
const open = async (hash = "", options = {}) => {
  const page = watch(await (options.context || context).newPage());
  await page.emulateMedia({ colorScheme: options.scheme || "light" });
  if (options.width) await page.setViewportSize({ width: options.width, height: 800 });
  await page.goto(address + hash);
  return page;
};
const shoot = async (page, name) => { if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) }); };
const shown = (page) => page.locator(".card:visible").evaluateAll((cards) => cards.map((card) => card.id));

const page = await open();
await shoot(page, "light-top");

await check("the page says what it is", async () => {
  assert.equal(await page.title(), "Case 17 <b>");
  assert.deepEqual(await shown(page), ["alert-1", "alert-2", "alert-3", "alert-4", "alert-5", "alert-6"]);
  assert.match(await page.locator("#unseen").innerText(), /line 7/);
  assert.equal(await page.locator(".tile.low .number").innerText(), "3");
});

await check("a card is built when it is looked at", async () => {
  const built = () => page.locator(".card > .body").count();
  assert.equal(await built(), 0);
  await page.locator("#alert-3 > summary").click();
  await page.locator("#alert-3 .steps").waitFor();
  assert.equal(await built(), 1);
  await page.locator("#alert-3 > summary").click();
});

await check("hostile values are text, and nothing of them ran", async () => {
  await page.locator("#open-all").click();
  assert.equal(await page.locator(".card > .body").count(), 6);
  const before = problems.length;
  assert.equal(await page.evaluate(() => { try { document.body.insertAdjacentHTML("beforeend", "<b>x</b>"); return "text became elements"; } catch (error) { return error.name; } }), "TypeError");
  problems.length = before; // the browser says that it refused
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator("body script").count(), 1);
  const foreign = "img, iframe, object, embed, form[action], base, [onclick], [onerror], [onmouseover], [style]:not(circle, [style=\"\"])";
  assert.deepEqual(await page.locator(foreign).evaluateAll((found) => found.map((element) => element.outerHTML.slice(0, 200))), []);
  const schemes = await page.locator("a[href]").evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute("href").replace(/^#.*/, "#").split(":")[0]))]);
  assert.deepEqual(schemes.sort(), ["#", "https"]);
  for (const link of await page.locator("a[href^=https]").all()) assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
  const card = await page.locator("#alert-2").evaluate((card) => card.textContent);
  assert.ok(card.includes(`</details><script>window.pwned=1</script><img src=x onerror=window.pwned=2>`), card);
  assert.ok(card.includes("\\u{202e}gpj.exe") && card.includes("\\x1b[31m") && card.includes("\\x00"));
  assert.ok(!/[\u202e\u0000\u001b]/.test(await page.content()));
  const record = JSON.parse(await page.locator("#alert-2 details.raw pre").evaluate((pre) => pre.textContent));
  assert.ok(record.events[1].process.command_line.includes("\u202egpj.exe \u001b[31mred"), "the record is the same JSON");
  await page.locator("#close-all").click();
});

await check("a huge command line is cut and says so", async () => {
  const text = await page.locator("#alert-6").evaluate((card) => card.textContent);
  assert.ok(text.length < 40000 && /more characters/.test(text), `${text.length}`);
});

await check("filters, tiles and search find what they should", async () => {
  await page.selectOption("#f-s", "low");
  assert.deepEqual(await shown(page), ["alert-4", "alert-5", "alert-6"]);
  assert.equal(await page.locator("#shown").innerText(), "3 of 6 shown");
  await page.locator("button[type=reset]").click();
  await page.waitForFunction(() => document.getElementById("shown").textContent === "6 shown");
  await page.selectOption("#f-h", { label: "ws-0418.corp.example (2)" });
  assert.deepEqual(await shown(page), ["alert-3", "alert-4"]);
  await page.locator("button[type=reset]").click();
  await page.selectOption("#f-a", { label: "Command and Control (1)" });
  assert.deepEqual(await shown(page), ["alert-1"]);
  await page.locator(".tile.critical").click();
  assert.deepEqual(await shown(page), ["alert-2"]);
  await page.locator(".pivot a", { hasText: /^2$/ }).last().click();
  await page.locator(".tile.total").click();
  await page.keyboard.press("/");
  await page.keyboard.type("CDN.update.example scrobj");
  await page.waitForFunction(() => document.getElementById("shown").textContent === "1 of 6 shown");
  assert.deepEqual(await shown(page), ["alert-1"]);
  await page.fill("#search", "nothing has this <b>");
  await page.waitForFunction(() => !document.getElementById("nothing").hidden);
  await page.fill("#search", "");
  await page.waitForFunction(() => document.getElementById("shown").textContent === "6 shown");
});

await check("permalinks open their card", async () => {
  const anchor = await page.locator("#alert-3 .anchor").getAttribute("id");
  assert.match(anchor, /^a-[0-9a-f]{16}$/);
  const other = await open(`#${anchor}`);
  assert.ok(await other.locator("#alert-3").evaluate((card) => card.open && card.getBoundingClientRect().top < innerHeight));
  await other.evaluate(() => { location.hash = "#alert-5"; });
  await other.waitForFunction(() => document.getElementById("alert-5").open);
  await other.close();
  await page.bringToFront();
});

await check("cards show steps, tree, triage and guide", async () => {
  await page.evaluate(() => { location.hash = "#alert-1"; });
  await page.waitForFunction(() => document.getElementById("alert-1").open);
  const text = await page.locator("#alert-1").innerText();
  for (const part of ["Δt +1.066 s", "start not logged", "Seen elsewhere", "cdn.update.example", "lsass.exe", "T1218.010 Regsvr32"]) assert.ok(text.includes(part), part);
  await page.locator("#alert-1 details.guide > summary").click();
  await page.locator("#alert-1 details.guide h4", { hasText: "Investigation guide" }).waitFor();
  assert.ok((await page.locator("#alert-1 details.guide").innerText()).includes("<script>alert('note')</script>"));
  await shoot(page, "light-card");
});

await check("the timeline zooms by buttons, wheel, keys and drag", async () => {
  const places = () => page.locator(".marks circle").evaluateAll((marks) => marks.map((mark) => (mark.style.display === "none" ? null : parseFloat(mark.getAttribute("cx")))));
  const settled = (text) => page.waitForFunction((text) => document.querySelector(".axis").textContent !== text, text);
  const whole = await places();
  const all = await page.locator(".axis").textContent();
  await page.locator("[data-zoom=in]").click();
  await settled(all);
  assert.notDeepEqual(await places(), whole);
  await page.locator("#in-view").check();
  await page.waitForFunction(() => document.getElementById("shown").textContent.includes(" of 6"));
  await page.locator("#in-view").uncheck();
  await page.locator("[data-zoom=all]").click();
  await page.locator("svg.lanes").scrollIntoViewIfNeeded();
  await page.waitForTimeout(400);
  const box = await page.locator("svg.lanes").boundingBox();
  const wide = await page.locator(".axis").textContent();
  await page.mouse.move(box.x + box.width / 3, box.y + 30);
  for (let n = 0; n < 12; n += 1) await page.mouse.wheel(0, -120);
  await settled(wide);
  const near = await page.locator(".axis").textContent();
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 3 + 200, box.y + 40, { steps: 4 });
  await page.mouse.up();
  await settled(near);
  await shoot(page, "light-timeline");
  await page.locator("svg.lanes").focus();
  await page.keyboard.press("0");
  await page.waitForFunction((text) => document.querySelector(".axis").textContent === text, wide);
  await page.locator(".marks a").first().dispatchEvent("click");
});

await check("indicators are copied, defanged on wish", async () => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator("#defang").check();
  const urls = await page.locator("#list-url").innerText();
  assert.ok(urls.includes("hxxp://104[.]21[.]36[.]77/update.sct"), urls);
  assert.ok((await page.locator("#list-public").innerText()).includes("104[.]21[.]36[.]77"));
  await page.locator("#defang").uncheck();
  assert.ok((await page.locator("#list-url").innerText()).includes("http://104.21.36.77/update.sct"));
  await page.locator("[data-copy=list-url]").click();
  await page.locator("[data-copy=list-url]", { hasText: /Copied|Selected/ }).waitFor();
  await shoot(page, "light-indicators");
});

await check("keys go from card to card", async () => {
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.closest(".card").id), "alert-2");
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("#alert-2").evaluate((card) => card.open));
});

await check("dark, narrow and printed pages are whole", async () => {
  const dark = await open("#alert-1", { scheme: "dark" });
  const background = () => dark.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const night = await background();
  await shoot(dark, "dark-card");
  await dark.locator("#theme").click();
  assert.notEqual(await background(), night, "the button changes the theme");
  await dark.locator("#theme").click();
  await dark.close();
  const narrow = await open("#alert-1", { width: 390 });
  assert.ok(await narrow.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  await shoot(narrow, "narrow-card");
  await narrow.close();
  await page.bringToFront();
  const printed = await page.pdf({ format: "A4" });
  assert.ok(printed.length > 20000);
  if (screenshots) writeFileSync(join(screenshots, "print.pdf"), printed);
});

await check("without a script everything can be read", async () => {
  const browser = context.browser() || (await chromium.launch({ executablePath, args: flags }));
  const bare = await browser.newContext({ javaScriptEnabled: false });
  const still = await open("#alert-1", { context: bare });
  assert.equal(await still.locator(".js-only:visible").count(), 0, "no control that does nothing");
  assert.equal(await still.locator(".marks circle:visible").count(), 5, "two of the six fall together");
  await still.locator("#alert-1 > summary").click();
  assert.ok(await still.locator("#alert-1 .steps").isVisible());
  assert.equal(await still.locator(".card .body").count(), 6);
  await still.locator("#rule-0 > summary").click();
  assert.ok(await still.locator("#rule-0 .markdown").first().isVisible());
  await shoot(still, "no-script");
  await bare.close();
  if (browser !== context.browser()) await browser.close();
});

await check("incidents hold their alerts, cards are grouped as wished, and the address remembers the filter", async () => {
  const documents = alerts.trim().split("\n").map((line) => JSON.parse(line));
  const told = { aa: [90, "WINWORD.EXE -> <b>evil</b>.exe"], bb: [120.5, "cmd.exe -> regsvr32.exe"] };
  documents.forEach((document, at) => {
    if (at === 4) return;
    const id = at < 2 ? "aa" : "bb";
    const [score, title] = told[id];
    document.evql.incident = { id, rank: 1, ...(at % 2 === 0 ? { score, title } : {}) };
  });
  writeFileSync(input, documents.map((document) => JSON.stringify(document)).join("\n"));
  run(["report", input, "-o", report, "-C"]);
  const grouped = await open();
  const heads = () => grouped.locator("#cards > details.incident").evaluateAll((parts) => parts.map((part) => [part.id, part.querySelectorAll(".card").length, part.open]));
  assert.deepEqual(await heads(), [["incident-bb", 2, false], ["incident-aa", 2, false]], "the highest score comes first, and all are closed");
  assert.deepEqual(await shown(grouped), ["alert-5"], "one alert is of no incident");
  assert.ok((await grouped.locator("#incident-aa > summary").innerText()).includes("WINWORD.EXE -> <b>evil</b>.exe"));
  assert.match(await grouped.locator(".lead").first().innerText(), /in 2 incidents/);
  await shoot(grouped, "light-incidents");
  await grouped.evaluate(() => { location.hash = "#alert-1"; });
  await grouped.waitForFunction(() => document.getElementById("incident-aa").open && document.getElementById("alert-1").open);
  await grouped.selectOption("#group", "h");
  const byHost = await grouped.locator("#cards > details.incident > summary .title").allInnerTexts();
  assert.equal(new Set(byHost).size, byHost.length);
  assert.ok(byHost.includes("ws-0418.corp.example"), byHost.join());
  await grouped.selectOption("#group", "time");
  assert.equal((await shown(grouped)).length, 5);
  await grouped.selectOption("#group", "incident");
  assert.deepEqual((await heads()).map(([id, count]) => [id, count]), [["incident-bb", 2], ["incident-aa", 2]]);
  await grouped.selectOption("#f-h", { label: "ws-0418.corp.example (2)" });
  const found = await shown(grouped);
  assert.deepEqual(found, ["alert-3", "alert-4"], "a filter opens the incident that it finds something in");
  const hash = await grouped.evaluate(() => location.hash);
  assert.match(hash, /^#f\?h=ws-0418\.corp\.example$/);
  const again = await open(hash);
  assert.deepEqual(await shown(again), found);
  assert.equal(await again.locator("#shown").innerText(), "2 of 5 shown");
  await again.locator("#alert-3 > summary").click();
  await again.locator("#alert-3 [data-around=h]").click();
  assert.ok((await shown(again)).includes("alert-3"));
  assert.ok(await again.locator("#around").isVisible());
  await again.locator("button[type=reset]").click();
  await again.waitForFunction(() => document.getElementById("shown").textContent === "5 shown");
  await again.close();
  await grouped.close();
});

await check("ten thousand alerts can be used", async () => {
  const line = JSON.parse(alerts.split("\n")[0]);
  delete line.evql.triage;
  const many = [];
  for (let n = 1; n <= 10000; n += 1) {
    line.evql.alert = n;
    line.host.name = `ws-${String(n % 97).padStart(4, "0")}`;
    line["@timestamp"] = new Date(1.7e12 + n * 61e3).toISOString();
    line.events[1].winlog.record_id = String(n);
    many.push(JSON.stringify(line));
    delete line.evql.rule;
  }
  writeFileSync(input, many.join("\n"));
  run(["report", input, "-o", report, "-C"]);
  const large = await open();
  assert.equal(await large.locator(".tile.total .number").innerText(), "10,000");
  const elements = await large.evaluate(() => document.querySelectorAll("#cards *").length);
  const closed = await large.evaluate(() => document.querySelectorAll(".card").length);
  assert.ok(elements < 20 * closed, `${elements} elements for ${closed} closed cards`);
  await large.fill("#search", "9999");
  await large.waitForFunction(() => document.getElementById("shown").textContent.includes(" of "), null, { timeout: 60000 });
  await large.close();
});

await check("nothing was loaded, and nobody complained", async () => {
  assert.deepEqual(problems, []);
  assert.deepEqual([...new Set(requests.map((url) => url.split("#")[0]))], [address]);
});

await context.close();
rmSync(work, { recursive: true, force: true });
console.log(`page: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
