"""Opens report pages in a headless Chromium and uses them as people do. Usage: check_pages.py FOLDER [SCREENSHOTS]

FOLDER holds pages.json: a list of {"page", "residues", "models", "title", "untrained", "pae", "coverage", "chains", "pairs"}.
Exit code 0: all is well; 1: what is wrong is printed; 77: no browser here.
"""
import json
import pathlib
import shutil
import sys
import time

from browser import Browser

PICTURE = """new Promise(resolve => {
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement('canvas');
    canvas.width = image.width; canvas.height = image.height;
    const ctx = canvas.getContext('2d');
    ctx.drawImage(image, 0, 0);
    const pixels = ctx.getImageData(0, 0, image.width, image.height).data;
    let drawn = 0, picked = 0;
    for (let k = 0; k < pixels.length; k += 4) {
      const [r, g, b, a] = [pixels[k], pixels[k + 1], pixels[k + 2], pixels[k + 3]];
      if (a > 0 && r + g + b < 700) ++drawn;
      if (a > 0 && r > 120 && g < 0.5 * r && b > 0.25 * r && b < 0.85 * r) ++picked;
    }
    resolve({ width: image.width, height: image.height, drawn, picked });
  };
  image.src = foldmeshReport.viewer().pngURI();
})"""
INK = """(() => {
  const canvas = document.getElementById('%s');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let ink = 0;
  for (let k = 3; k < pixels.length; k += 4) if (pixels[k] > 0) ++ink;
  return ink / (pixels.length / 4);
})()"""


class Check:
    def __init__(self):
        self.failures = []

    def that(self, holds, what):
        if not holds:
            self.failures.append(what)


def place(browser, canvas, expression):
    """Viewport coordinates of a point of a canvas, scrolled into view."""
    return browser.evaluate(f"""(() => {{
        const canvas = document.getElementById('{canvas}');
        canvas.scrollIntoView({{block: 'center'}});
        const box = canvas.getBoundingClientRect(), at = {expression};
        return [box.left + at.x, box.top + at.y];
    }})()""")


def check_page(browser, url, facts, check, screenshot):
    name = facts["page"]
    browser.open(url)
    browser.wait_for("typeof foldmeshReport !== 'undefined' && foldmeshReport.state.ready")
    say = lambda text: f"{name}: {text}"
    check.that(browser.evaluate("document.title") == facts["title"], say("another title"))
    check.that(browser.evaluate("document.getElementById('title').textContent") == facts["title"], say("another heading"))
    check.that(browser.evaluate("getComputedStyle(document.getElementById('untrained')).display !== 'none'") == facts["untrained"],
               say("UNTRAINED banner"))
    check.that(browser.evaluate("document.querySelectorAll('#ranking tbody tr').length") == facts["models"], say("rows of the ranking"))
    check.that(browser.evaluate("foldmeshReport.data.sequence.length") == facts["residues"], say("residues"))
    check.that(browser.evaluate("typeof hacked") == "undefined", say("a name has run as script"))
    check.that(browser.evaluate("document.querySelectorAll('img, iframe, object').length") == 0, say("a name has made elements"))
    picture = browser.evaluate(PICTURE)
    check.that(picture["drawn"] > 0.01 * picture["width"] * picture["height"], say(f"3D view is empty: {picture}"))
    check.that(browser.evaluate(INK % "plddt") > 0.1, say("no pLDDT plot"))
    check.that(browser.evaluate("!document.getElementById('coverage-section').hidden") == facts["coverage"], say("alignment"))
    if facts["coverage"]:
        check.that(browser.evaluate(INK % "coverage") > 0.2, say("no alignment plot"))
    n = facts["residues"]
    i, j = n // 5, 3 * n // 4
    if facts["pae"]:
        check.that(browser.evaluate(INK % "pae") > 0.4, say("no PAE plot"))
        browser.click(*place(browser, "pae", f"foldmeshReport.paePlot.position({i}, {j})"))
        pair = browser.evaluate("foldmeshReport.state.pair")
        # A pixel may stand for several residues.
        check.that(pair and abs(pair["i"] - i) <= 1 + n // 400 and abs(pair["j"] - j) <= 1 + n // 400, say(f"clicked pair {pair}"))
        text = browser.evaluate("document.getElementById('structure-status').textContent")
        check.that("apart" in text and "expected error" in text, say(f"pair's text '{text}'"))
        check.that(browser.evaluate(PICTURE)["picked"] > picture["picked"] + 20, say("the pair does not show in the structure"))
        corner = place(browser, "pae", f"foldmeshReport.paePlot.position({n // 10}, {n // 2})")
        other = place(browser, "pae", f"foldmeshReport.paePlot.position({n // 3}, {n - 2})")
        browser.drag(*corner, *other)
        ranges = browser.evaluate("foldmeshReport.state.ranges")
        check.that(ranges is not None and ranges["i"][0] < ranges["i"][1] < ranges["j"][0] < ranges["j"][1], say(f"dragged {ranges}"))
        check.that("mean error" in browser.evaluate("document.getElementById('structure-status').textContent"), say("text of ranges"))
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape", windowsVirtualKeyCode=27)
    check.that(browser.evaluate("foldmeshReport.state.pair === null && foldmeshReport.state.ranges === null"), say("Escape"))
    browser.click(*place(browser, "plddt", f"foldmeshReport.plddtPlot.position({j})"))
    pair = browser.evaluate("foldmeshReport.state.pair")
    check.that(pair and pair["i"] == pair["j"] and abs(pair["i"] - j) <= 1 + n // 400, say(f"residue clicked in the plot: {pair}"))
    if n <= 200:  # software rendering is slow
        check_click_in_structure(browser, n, check, say)
    if facts["models"] > 1:
        browser.evaluate("document.querySelectorAll('#ranking tbody tr')[1].click()")
        check.that(browser.evaluate("foldmeshReport.state.model") == 1, say("second model"))
        check.that(browser.evaluate(PICTURE)["drawn"] > 0, say("second model is not drawn"))
    for colouring in () if n > 200 else ("chain", "rainbow"):
        browser.evaluate(f"(() => {{ const s = document.getElementById('colouring'); s.value = '{colouring}'; s.dispatchEvent(new Event('change')); }})()")
    if facts["chains"] > 1:
        check.that(browser.evaluate("document.querySelectorAll('#chains tbody tr').length") == facts["chains"], say("table of chains"))
    check.that(browser.evaluate("!document.getElementById('pairs-section').hidden") == facts["pairs"], say("pairs of chains"))
    if facts["pairs"]:
        check_pairs(browser, facts["chains"], check, say)
    if screenshot:
        if not facts["pairs"]:
            browser.evaluate(f"foldmeshReport.select({{i: {i}, j: {j}}}, null)")
        browser.screenshot(screenshot)
    check.that(not browser.errors, say(f"console errors: {browser.errors}"))
    requests = [r for r in browser.requests if not r.startswith(("data:", "blob:"))]
    check.that(requests == [url], say(f"network requests: {requests}"))


def check_pairs(browser, n, check, say):
    """The matrix of pairs of chains: numbers, a click on the last chain of the first row, and what it marks."""
    cell = "document.querySelectorAll('#pairs td')[%d]"
    check.that(browser.evaluate("document.querySelectorAll('#pairs td').length") == n * n, say("cells of the matrix"))
    want = browser.evaluate(f"foldmeshReport.data.models[0].chain_pairs.iptm[{n - 1}].toFixed(3)")
    check.that(browser.evaluate((cell % (n - 1)) + ".textContent") == want, say("ipTM in the matrix"))
    browser.evaluate((cell % (n - 1)) + ".scrollIntoView({block: 'center'})")
    browser.click(*browser.evaluate(f"(() => {{ const box = {cell % (n - 1)}.getBoundingClientRect(); return [box.left + 5, box.top + 5]; }})()"))
    ranges = browser.evaluate("foldmeshReport.state.ranges")
    chains = browser.evaluate("foldmeshReport.data.chains")
    block = {axis: [chain["first"], chain["first"] + chain["length"] - 1] for axis, chain in (("i", chains[0]), ("j", chains[-1]))}
    check.that(ranges == block, say(f"ranges of the clicked pair: {ranges}"))
    check.that(browser.evaluate("document.querySelectorAll('#pairs td.shown').length") == 1, say("no cell is marked"))
    text = browser.evaluate("document.getElementById('pairs-status').textContent")
    check.that(f"ipTM of chains {chains[0]['id']} and {chains[-1]['id']}: {want}" in text, say(f"text of the pair '{text}'"))
    # The structure shows both chains in the colours of rows and columns, and nothing else.
    colours = browser.evaluate(f"[{chains[0]['first']}, {chains[-1]['first']}].map(i => foldmeshReport.colourOf(i))")
    check.that(len(set(colours)) == 2, say(f"colours of the two chains: {colours}"))
    browser.evaluate("(() => { const s = document.getElementById('pairs-what'); s.value = 'mean_pae'; s.dispatchEvent(new Event('change')); })()")
    mean = browser.evaluate(f"foldmeshReport.data.models[0].chain_pairs.mean_pae[{n - 1}].toFixed(1)")
    check.that(browser.evaluate((cell % (n - 1)) + ".textContent") == mean, say("mean PAE in the matrix"))
    check.that(browser.evaluate("document.querySelectorAll('#pairs td.shown').length") == 1, say("the mark is lost"))
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape", windowsVirtualKeyCode=27)
    check.that(browser.evaluate("document.querySelectorAll('#pairs td.shown').length") == 0, say("Escape leaves the mark"))
    browser.evaluate("(() => { const s = document.getElementById('pairs-what'); s.value = 'iptm'; s.dispatchEvent(new Event('change')); })()")
    browser.evaluate((cell % (n - 1)) + ".click()")


def check_click_in_structure(browser, n, check, say):
    """Clicks atoms where the viewer says that they are; one that is hidden behind others may give a neighbour."""
    browser.evaluate("(() => { const s = document.getElementById('style'); s.value = 'stick'; s.dispatchEvent(new Event('change')); })()")
    browser.evaluate("foldmeshReport.select(null, null)")
    browser.evaluate("document.getElementById('viewer').scrollIntoView({block: 'center'})")
    for i in range(0, n, max(1, n // 12)):
        at = browser.evaluate(f"""(() => {{
            const ca = foldmeshReport.caOf({i});
            if (!ca) return null;
            const at = foldmeshReport.viewer().modelToScreen(ca);
            return [at.x - window.scrollX, at.y - window.scrollY];
        }})()""")
        if at is None:
            continue
        browser.click(*at)
        if browser.evaluate("foldmeshReport.state.pair !== null"):
            break
    check.that(browser.evaluate("foldmeshReport.state.pair !== null"), say("no click in the structure picks a residue"))


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    shots = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        print("no chromium here")
        return 77
    check = Check()
    with Browser(program) as browser:
        for facts in json.loads((folder / "pages.json").read_text()):
            url = (folder / facts["page"]).as_uri()
            start = time.monotonic()
            check_page(browser, url, facts, check, shots and str(shots / (pathlib.Path(facts["page"]).parent.name + ".png")))
            print(f"{facts['page']}: {time.monotonic() - start:.1f} s")
        index = folder / "index.html"
        if index.exists():
            browser.open(index.as_uri())
            check.that(not browser.errors and browser.requests == [index.as_uri()], f"index: {browser.errors} {browser.requests}")
            check.that(browser.evaluate("document.querySelectorAll('tbody tr').length") >= 1, "index: no rows")
            if shots:
                browser.screenshot(str(shots / "index.png"))
            target = browser.evaluate("document.querySelector('tbody a').href")
            browser.open(target)
            check.that(browser.evaluate("typeof foldmeshReport") == "object", "index: its link leads nowhere")
    for failure in check.failures:
        print(failure)
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
