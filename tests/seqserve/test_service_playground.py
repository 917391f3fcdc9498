"""The page at / in a real browser: it continues, explains, completes, and asks nobody else for anything."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_service import RunningService
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait
from symbol_models import knowing_model, saved

from seqserve import Predictor
from seqserve.service.attention import attention_weights

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FORMULA = "a(0) = 1; a(1) = 1; a(n) = a(n-1) + a(n-2)"
TOKEN = "token-of-the-playground"  # noqa: S105
PAGE = Path(__file__).parents[2] / "packages/seqserve/src/seqserve/playground"
needs_chromium = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no chromium and chromedriver are installed")


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a random model of the terms 0..255 with the rules of phase 1, and with a token."""
    from seqmodel import IntegerVocabulary, ModelConfig, Transformer, save_checkpoint

    config = ModelConfig(d_model=16, layers=1, heads=2, zero_output_projections=False)
    folder = tmp_path_factory.mktemp("playground")
    save_checkpoint(folder / "tiny.safetensors", Transformer(config, IntegerVocabulary(), seed=3), provenance={})
    (folder / "token").write_text(TOKEN)
    options = ("--model", str(folder / "tiny.safetensors"), "--universe=phase1", "--token-file", str(folder / "token"))
    with RunningService("--deadline=200", *options) as service:
        Page.model = folder / "tiny.safetensors"
        Page.library = Predictor.load(Page.model)
        yield f"http://127.0.0.1:{service.port}/"


class Page:
    """The page in a browser, as a person sees it."""

    library: Predictor
    model: Path

    def __init__(self, driver: WebDriver, url: str) -> None:
        self.driver = driver
        self.url = url

    def open(self, fragment: str = "", *, token: bool = True) -> None:
        self.driver.get("about:blank")
        self.driver.get(self.url + fragment)
        if token:
            self.until(lambda: self.one("#token").is_displayed())
            self.one("#token").send_keys(TOKEN, Keys.ENTER)

    def one(self, selector: str):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def until(self, condition) -> None:
        # What is looked at may be drawn anew in between: then it is looked at again.
        redrawn = [StaleElementReferenceException]
        WebDriverWait(self.driver, 120, poll_frequency=0.05, ignored_exceptions=redrawn).until(lambda _: condition())

    def run(self, script: str):
        return self.driver.execute_script(script)

    def predicted(self) -> list[str]:
        return self.run("return [...document.querySelectorAll('#answer button')].map(b => b.firstChild.textContent)")

    def expected(self, sequence: list[int], steps: int) -> list[str]:
        (answer,) = self.library.predict([sequence], steps)
        return [*map(str, answer.terms), *(["END"] if answer.ended else [])]

    def shows(self, sequence: list[int], steps: int) -> None:
        self.until(lambda: self.predicted() == self.expected(sequence, steps) and not self.all("#continued.stale"))

    def look_like(self, scheme: str, width: int, height: int) -> None:
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.fixture(scope="module")
def page(page_url, tmp_path_factory) -> Iterator[Page]:
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(DRIVER))
    try:
        yield Page(driver, page_url)
    finally:
        driver.quit()


@needs_chromium
def test_a_sequence_is_continued_drawn_and_explained(page):
    page.open("#1,1,2,3,5,8/6")
    page.shows([1, 1, 2, 3, 5, 8], 6)
    page.until(lambda: page.all("#rules-list li"))
    assert page.one("#sequence").get_attribute("value") == "1 1 2 3 5 8"
    assert "1 of 443,908 rules" in page.one("#rules-count").text
    assert page.one("#rules-list .formula").text.split() == FORMULA.split()
    assert len(page.all("#plot circle.known")) == 6
    assert len(page.all("#plot circle.ring")) + page.run("return document.querySelectorAll('#plot .axis').length") == 6
    assert len(page.all("#bars rect.exact")) == 1
    assert page.all("#bars rect.model")
    rows = page.run("return [...document.querySelectorAll('#outcomes tr')].map(row => row.innerText)")
    exact = {row.split()[0]: row.split()[-2:] for row in rows}
    assert exact["13"] == ["100.0", "%"]
    assert page.one("#distance").text.endswith("nats apart")


@needs_chromium
def test_it_works_by_keyboard_alone_and_the_address_carries_the_sequence(page):
    page.open("#7/2")
    page.shows([7], 2)
    page.run("document.querySelector('a').focus()")
    assert page.driver.switch_to.active_element.text == "To the sequence"
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    field = page.driver.switch_to.active_element
    assert field.get_attribute("id") == "sequence"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("2, 4 6")
    page.shows([2, 4, 6], 2)
    page.until(lambda: page.driver.current_url.endswith("#2,4,6/2"))
    field.send_keys(Keys.TAB)
    steps = page.driver.switch_to.active_element
    steps.send_keys(Keys.CONTROL, "a")
    steps.send_keys("3")
    page.shows([2, 4, 6], 3)
    for _ in range(30):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        if page.driver.switch_to.active_element.text == "squares":
            break
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.shows([1, 4, 9, 16, 25], 3)


@needs_chromium
def test_a_predicted_term_is_taken_by_a_click(page):
    page.open("#9,9/3")
    page.shows([9, 9], 3)
    first = int(page.predicted()[0])
    page.one("#answer button").click()
    page.shows([9, 9, first], 3)
    assert page.one("#sequence").get_attribute("value") == f"9 9 {first}"


@needs_chromium
def test_a_wrong_term_is_said_and_the_page_goes_on(page):
    page.open("#5/2")
    page.shows([5], 2)
    field = page.one("#sequence")
    for text, said in (("5 x", "“x” is not an integer"), ("5 256", "256 is outside this model’s range, 0 to 255")):
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)
        page.until(lambda said=said: page.one("#problem").text == said)
        assert field.get_attribute("aria-invalid") == "true"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("5 6")
    page.shows([5, 6], 2)
    page.until(lambda: not page.one("#problem").text)


@needs_chromium
def test_text_in_the_address_stays_text(page):
    page.open("#%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E/2")
    page.until(lambda: "is not an integer" in page.one("#problem").text)
    assert not page.all("img")


@needs_chromium
@pytest.mark.parametrize("width", [320, 380, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_narrow_screens_and_both_themes(page, scheme, width):
    page.look_like(scheme, width, 800)
    page.open("#10,20,30,40,50,60,70,80,90/12")
    page.shows([10, 20, 30, 40, 50, 60, 70, 80, 90], 12)
    page.until(lambda: page.all("#rules-list li"))
    assert page.run("return document.documentElement.scrollWidth") <= width
    ink, paper = (
        page.run(f"return getComputedStyle(document.body).{name}.match(/\\d+/g).slice(0, 3).map(Number)")
        for name in ("color", "backgroundColor")
    )
    assert (sum(ink) > sum(paper)) == (scheme == "dark")


@needs_chromium
def test_where_the_heads_look_is_drawn_for_the_chosen_one(page):
    page.look_like("light", 1200, 800)
    page.open("#1,1,2,3/2")
    page.until(lambda: len(page.all("#heads button")) == 2)
    weights = attention_weights(str(page.model), (1, 1, 2, 3))
    for head in range(2):
        page.run(f"document.querySelectorAll('#heads button')[{head}].focus()")
        page.driver.switch_to.active_element.send_keys(Keys.ENTER)
        page.until(lambda head=head: f"head {head + 1}" in page.one("#chosen svg").get_attribute("aria-label"))
        pressed = page.run("return [...document.querySelectorAll('#heads button')].map(b => b.ariaPressed)")
        assert pressed == [str(other == head).lower() for other in range(2)]
        shown = page.run("return [...document.querySelectorAll('#chosen rect title')].map(title => title.textContent)")
        assert len(shown) == 10  # nobody looks ahead
        share = 100 * weights[0][head][3][1]
        assert f"place 4 (3) looks at place 2 (1): {share:.1f} %" in shown
    field = page.one("#sequence")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("7 8")
    page.until(lambda: len(page.all("#chosen rect.cell")) == 3)
    assert "Behind the last 8, this head looks at" in page.one("#looks").text


@needs_chromium
def test_nothing_is_asked_of_another_host_and_nothing_is_complained_of(page):
    page.driver.get_log("browser")  # what the pages before met with
    page.open("#3,6/4")
    page.shows([3, 6], 4)
    asked = page.run("return performance.getEntriesByType('resource').map(one => one.name)")
    assert any("v1/predict" in name for name in asked)
    assert all(name.startswith(page.url) for name in asked)
    complaints = [entry["message"] for entry in page.driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert all("401" in message for message in complaints), complaints  # the first question, before the token


WHOLE = "0123450-0345670=-00222220"


@pytest.fixture(scope="module")
def questions(page, tmp_path_factory) -> Iterator[Page]:
    """The page of a model that knows one answer by heart."""
    with RunningService(
        "--deadline=200", "--model", saved(knowing_model(WHOLE), tmp_path_factory.mktemp("symbols"))
    ) as service:
        yield Page(page.driver, f"http://127.0.0.1:{service.port}/")


def completed(page):
    return page.run(
        "return [...document.querySelectorAll('#answer > *')].map(one => one.firstChild.textContent).join('')"
    )


@needs_chromium
def test_a_question_is_completed_symbol_by_symbol(questions):
    page, shown = questions, WHOLE.replace("-", "−")
    page.look_like("light", 1200, 800)
    page.open("#123450-345670", token=False)
    page.until(lambda: completed(page) == shown)
    assert page.one("#value").text == "−222 220 — right, 95.9 % sure of the whole"
    assert page.predicted() == list(shown[16:])
    assert page.driver.current_url.endswith("#123450-345670")
    grid = page.run("return [...document.querySelectorAll('#grid rect title')].map(title => title.textContent)")
    for place, symbol in zip(["sign", *(f"A{digit}" for digit in range(7, -1, -1))], shown[16:], strict=True):
        assert f"{place}: {symbol}, 99.5 %" in grid
    for hidden in ("#plot", "#next", "#rules", "#steps"):
        assert not page.one(hidden).is_displayed()
    page.all("#answer button")[2].click()
    page.until(lambda: page.predicted() == list(shown[19:]))
    assert page.one("#sequence").get_attribute("value") == WHOLE[:19]
    page.until(lambda: len(page.all("#heads button")) == 1)
    assert page.run("return document.querySelectorAll('#chosen rect.cell').length") == 24 * 25 // 2


@needs_chromium
def test_a_wrong_answer_is_called_wrong_and_a_wrong_question_is_said(questions):
    page = questions
    page.open("#1%2B1", token=False)
    page.until(lambda: page.one("#value").text.startswith("−222 220 — wrong, it is 2"))
    field = page.one("#sequence")
    for text, said in (
        ("1*", "expected a question like '0000012+0000345='"),
        ("1/2", "“/” is no symbol of this model"),
    ):
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)
        page.until(lambda said=said: said in page.one("#problem").text)
    for chip in page.all("#examples button"):
        chip.click()
        page.until(lambda chip=chip: chip.get_attribute("aria-pressed") == "true" and not page.one("#problem").text)


@needs_chromium
@pytest.mark.parametrize(("scheme", "width"), [("dark", 320), ("light", 380)])
def test_questions_fit_narrow_screens(questions, scheme, width):
    questions.look_like(scheme, width, 800)
    questions.open("#0123450-0345670=", token=False)
    questions.until(lambda: questions.all("#chosen rect.cell"))
    assert questions.run("return document.documentElement.scrollWidth") <= width


def test_the_page_names_no_other_host():
    for file in PAGE.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert "http://" not in text
        assert "https://" not in text
        assert "//cdn" not in text
