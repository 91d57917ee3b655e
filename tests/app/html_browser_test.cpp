// The page in a real browser, where the machine has Chromium; what can be told without one is in html_page_test.cpp.
#include <gtest/gtest.h>

#include <QProcess>
#include <QStandardPaths>
#include <fstream>

#include "app/html/page.h"
#include "tests/support/small_trace.h"
#include "tests/support/support.h"

namespace {

class HtmlBrowser : public testing::Test {
 protected:
  void SetUp() override {
    m_browser = QStandardPaths::findExecutable("chromium");
    ASSERT_FALSE(m_browser.isEmpty()) << "chromium is missing; packaging/packages.txt names what the tests need";
  }

  // The document after the page's script has run.
  std::string documentOf(const std::string& page, const std::string& fragment = "") {
    const test::ScratchFolder folder;
    const std::string file = folder.path() / "page.html";
    std::ofstream(file, std::ios::binary) << page;
    QProcess browser;
    browser.start(m_browser,
                  {"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   QString::fromStdString("--user-data-dir=" + (folder.path() / "profile").string()),
                   "--virtual-time-budget=2000", "--dump-dom", QString::fromStdString("file://" + file + fragment)});
    EXPECT_TRUE(browser.waitForFinished(60000)) << browser.errorString().toStdString();
    return browser.readAllStandardOutput().toStdString();
  }

  static std::string page() {
    const auto made = app::makePage(test::smallTrace({.simulated = true}));
    EXPECT_TRUE(made);
    return made ? *made : "";
  }

  static std::string withScript(std::string page, const std::string& script) {
    return page.insert(page.find("</body>"), "<script>" + script + "</script>");
  }

  // Scripts of a test are none of the page's own: for them its policy is taken out.
  static std::string withoutPolicy(std::string page) {
    const size_t begin = page.find("<meta http-equiv");
    return page.erase(begin, page.find('>', begin) + 1 - begin);
  }

 private:
  QString m_browser;
};

TEST_F(HtmlBrowser, ShowsTheRouterTheChoicesTheLoadAndWhatWasDropped) {
  const std::string document = documentOf(page(), "#token=1");
  EXPECT_NE(document.find(">token 1 of 5, layer 1</span>"), std::string::npos) << document;
  EXPECT_NE(document.find("2 of 4 experts chosen, capacity 1 (simulated), 2 dropped, margin 0.1000"),
            std::string::npos);
  EXPECT_NE(document.find("<tr class=\"chosen dropped\"><td>E3</td><td>0.40</td><td>\u2013</td>"
                          "<td>choice 1, dropped</td><td>0.500</td>"),
            std::string::npos);
  EXPECT_NE(document.find("4 of 8 choices dropped"), std::string::npos);
  EXPECT_NE(document.find("surprisal of what follows 1.00 nats"), std::string::npos);
}

TEST_F(HtmlBrowser, KeysButtonsAndClicksMoveTheCursorAndStopAtTheEnds) {
  const auto placeAfter = [&](const std::string& script) {
    const std::string document = documentOf(withScript(withoutPolicy(page()), script));
    const size_t at = document.find("role=\"status\">");
    return document.substr(at + 14, document.find('<', at) - at - 14);
  };
  const std::string press = "const press = (key) => document.dispatchEvent(new KeyboardEvent('keydown', {key}));";
  EXPECT_EQ(placeAfter(press + "press('ArrowRight'); press('ArrowRight'); press('ArrowLeft');"),
            "token 1 of 5, layer 1");
  EXPECT_EQ(placeAfter(press + "press('End'); press('ArrowRight'); press('ArrowDown');"), "token 4 of 5, layer 1");
  EXPECT_EQ(placeAfter(press + "press('End'); press('Home'); press('ArrowLeft');"), "token 0 of 5, layer 1");
  EXPECT_EQ(placeAfter("document.querySelectorAll('#tokens bdi')[3].click();"), "token 3 of 5, layer 1");
  EXPECT_EQ(placeAfter("document.getElementById('token-on').click();"), "token 1 of 5, layer 1");
}

TEST_F(HtmlBrowser, ItsPolicyStopsEveryOtherScript) {
  const std::string script = "document.getElementById('place').textContent = 'strange';";
  EXPECT_NE(documentOf(withScript(withoutPolicy(page()), script)).find(">strange<"), std::string::npos);
  const std::string guarded = documentOf(withScript(page(), script));
  EXPECT_EQ(guarded.find(">strange<"), std::string::npos);
  EXPECT_NE(guarded.find(">token 0 of 5, layer 1</span>"), std::string::npos) << "its own script runs";
}

TEST_F(HtmlBrowser, TextsOfAModelStayTexts) {
  const core::Trace small = test::smallTrace();
  const core::Trace trace =
      small.withIds(small.ids(), {"</script><b id=\"x\">", "&lt;", "\u202Eabc", "\u2028", "<img src=x>"});
  const auto made = app::makePage(trace);
  ASSERT_TRUE(made);
  const std::string document = documentOf(*made);
  EXPECT_NE(document.find("data-token=\"0\" class=\"here\">&lt;/script&gt;&lt;b id=\"x\"&gt;</bdi>"), std::string::npos)
      << document;
  EXPECT_NE(document.find(">&amp;lt;</bdi>"), std::string::npos);
  EXPECT_NE(document.find(">\u2039202E\u203Aabc</bdi>"), std::string::npos);
  EXPECT_EQ(document.find("<img"), std::string::npos);
}

}  // namespace
