#include <gtest/gtest.h>

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QString>
#include <nlohmann/json.hpp>

#include "app/html/page.h"
#include "app/html/run_facts.h"
#include "tests/support/small_trace.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

core::Trace withTexts(std::vector<std::string> texts) {
  const core::Trace trace = test::smallTrace({.simulated = true});
  std::vector<int32_t> ids = trace.ids();
  return trace.withIds(std::move(ids), std::move(texts));
}

core::Trace withPrompt(const std::string& prompt) {
  const core::Trace trace = test::smallTrace();
  core::RunInfo info = trace.info();
  info.prompt = prompt;
  return trace.withInfo(std::make_shared<const core::RunInfo>(std::move(info)));
}

std::string pageOf(const core::Trace& trace) {
  const auto page = app::makePage(trace);
  EXPECT_TRUE(page);
  return page ? *page : "";
}

int countOf(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t first = text.find(begin);
  if (first == std::string::npos) return "";
  const size_t from = first + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

TEST(HtmlPage, HoldsTheRunAsItWasRecorded) {
  const Json run = Json::parse(app::pageData(test::smallTrace({.simulated = true})));
  EXPECT_EQ(run["prompt"], 3);
  EXPECT_EQ(run["experts"], 4);
  EXPECT_EQ(run["capacity"], "simulated");
  EXPECT_EQ(run["tokens"].dump(), "[\"a\",\"=\",\"\\\"b\u21B5\",\"c\",\"\\\\d\"]");
  ASSERT_EQ(run["layers"].size(), 1u) << "the dense layer has no router";
  const Json& layer = run["layers"][0];
  EXPECT_EQ(layer["layer"], 1);
  EXPECT_EQ(layer["capacity"], 1);
  ASSERT_EQ(layer["tokens"].size(), 4u) << "the last token was not run";
  EXPECT_EQ(layer["tokens"][1]["ids"].dump(), "[3,2]");
  EXPECT_EQ(layer["tokens"][1]["weights"].dump(), "[0.5,0.5]");
  EXPECT_EQ(layer["tokens"][1]["kept"].dump(), "[0,0]");
  EXPECT_EQ(layer["tokens"][1]["logits"].dump(), "[0.1,0.2,0.3,0.4]");
  EXPECT_TRUE(layer["tokens"][1]["scores"].is_null());
  EXPECT_TRUE(layer["tokens"][3]["margin"].is_null()) << "it is not a number";
  ASSERT_EQ(run["predictions"].size(), 4u);
  EXPECT_EQ(run["predictions"][1]["surprisal"], 1);
  EXPECT_TRUE(run["predictions"][3]["surprisal"].is_null());
}

TEST(HtmlPage, NothingIsDroppedInARunWithoutACapacityRule) {
  const Json run = Json::parse(app::pageData(test::smallTrace()));
  EXPECT_EQ(run["capacity"], "none");
  EXPECT_TRUE(run["layers"][0]["capacity"].is_null());
  EXPECT_TRUE(run["layers"][0]["tokens"][0]["kept"].is_null());
}

TEST(HtmlPage, LikelyTokensHaveTheirTextsAndTheOneThatFollowsIsMarked) {
  core::Block head{core::Stream::Head, 0, 0, 1, {}};
  head.arrays.push_back({core::Hook::TopIds, 2, {}, {7, 2}});
  head.arrays.push_back({core::Hook::TopProbabilities, 2, {0.75f, 0.125f}, {}});
  const core::Trace small = test::smallTrace();
  const core::Trace trace = core::Trace(small.sharedInfo()).withIds({1, 2}, {"a", "b"}).with(std::move(head));
  EXPECT_EQ(Json::parse(app::pageData(trace))["predictions"][0]["top"].dump(), "[[\"#7\",0.75,0],[\"#2\",0.125,1]]");
  app::PageOptions options;
  options.tokenText = [](int32_t id) { return "t" + std::to_string(id); };
  EXPECT_EQ(Json::parse(app::pageData(trace, options))["predictions"][0]["top"][0][0], "t7");
}

TEST(HtmlPage, NoTextOfAModelOrAUserCanLeaveTheData) {
  const core::Trace trace = withTexts({"</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029\u202E&amp;",
                                       std::string("\0\x1b\x7f", 3), "\xff\xc3 \U0001F600"});
  const std::string page = pageOf(trace);
  EXPECT_EQ(countOf(page, "<script"), 2);
  EXPECT_EQ(countOf(page, "</script"), 2);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  const std::string data = between(page, "id=\"run\">", "</script>");
  for (const char c : data) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7F && c != '<' && c != '>' && c != '&') << static_cast<int>(c);
  }
  const Json tokens = Json::parse(data)["tokens"];
  EXPECT_EQ(tokens[0], "</script><script>alert(1)</script>");
  EXPECT_EQ(tokens[2], "\u20392028\u203A\u20392029\u203A\u2039202E\u203A&amp;");
  EXPECT_EQ(tokens[3], "\u2400\u241B\u2421");
  EXPECT_EQ(tokens[4], "\uFFFD\uFFFD \U0001F600");
}

TEST(HtmlPage, ThePromptInTheTitleIsTextAndItsDirectionMarksAreShown) {
  const std::string page = pageOf(withPrompt("</title><img src=x onerror=\"a\">\u202Egnp.exe {{data}} {{script}}"));
  EXPECT_EQ(page.find("<img"), std::string::npos);
  EXPECT_EQ(page.find("\u202E"), std::string::npos);
  EXPECT_EQ(countOf(page, "</title>"), 1);
  EXPECT_NE(page.find("&lt;img src=x onerror=&quot;a&quot;&gt;\u2039202E\u203Agnp.exe {{data}} {{script}}"),
            std::string::npos);
}

TEST(HtmlPage, ItsPolicyForbidsTheNetworkAndNamesItsOwnScriptAndStyleByTheirHash) {
  const std::string page = pageOf(test::smallTrace());
  const auto hash = [](const std::string& text) {
    const QByteArray bytes(text.data(), static_cast<qsizetype>(text.size()));
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toBase64().toStdString();
  };
  const size_t data = page.find("</script>");
  const std::string script = between(page.substr(data), "<script>", "</script>");
  const std::string style = between(page, "<style>", "</style>");
  ASSERT_GT(script.size(), 1000u);
  ASSERT_GT(style.size(), 100u);
  EXPECT_EQ(between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\""),
            "default-src &#39;none&#39;; script-src &#39;sha256-" + hash(script) + "&#39;; style-src &#39;sha256-" +
                hash(style) + "&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;");
  EXPECT_LT(page.find("Content-Security-Policy"), page.find("<style>"));
}

TEST(HtmlPage, RefersToNothingOutsideOfItself) {
  const std::string page = pageOf(test::smallTrace());
  for (const char* reference : {"http://", "https://", " src=", " href=", "url(", "@import", "innerHTML", "eval("}) {
    EXPECT_EQ(page.find(reference), std::string::npos) << reference;
  }
  const QRegularExpression handler(" on[a-z]+=");
  EXPECT_FALSE(QString::fromStdString(page).contains(handler));
}

TEST(HtmlPage, EveryElementTheScriptAsksForIsThere) {
  const std::string page = pageOf(test::smallTrace());
  const QString script = QString::fromStdString(page);
  int asked = 0;
  for (auto found = QRegularExpression("part\\(\"([a-z-]+)\"\\)").globalMatch(script); found.hasNext();) {
    const std::string id = found.next().captured(1).toStdString();
    EXPECT_EQ(countOf(page, "id=\"" + id + "\""), 1) << id;
    ++asked;
  }
  EXPECT_GT(asked, 20);
}

TEST(HtmlPage, SaysWhereTheNumbersComeFrom) {
  const std::string page = pageOf(test::smallTrace({.simulated = true}));
  EXPECT_NE(page.find("<dt>Model</dt><dd>tiny (00ff)</dd>"), std::string::npos);
  EXPECT_NE(page.find("<dd>simulated on the recorded choices, gshard, factor 0.25</dd>"), std::string::npos);
  EXPECT_EQ(app::provenanceLine(test::smallTrace()),
            "Expertscope 0.1.0 \u00B7 tiny (00ff) \u00B7 cpu, a processor, sse2 \u00B7 capture full \u00B7 capacity: "
            "none, every choice is kept");
}

TEST(HtmlPage, ARunThatABrowserCannotHoldIsAnErrorThatNamesTheWayOut) {
  const core::Trace small = test::smallTrace();
  const int tokens = 200'000;
  const core::Trace longRun = small.withIds(std::vector<int32_t>(tokens, 1), std::vector<std::string>(tokens, "a"));
  const auto page = app::makePage(longRun);
  ASSERT_FALSE(page);
  EXPECT_NE(page.error().message.find(".safetensors or .npz"), std::string::npos) << page.error().message;
  EXPECT_FALSE(app::makePage(core::Trace()));
}

TEST(HtmlPage, TheSameRunGivesTheSameFile) {
  const test::ScratchFolder folder;
  ASSERT_TRUE(app::writePage(test::smallTrace(), folder.path() / "a.html"));
  ASSERT_TRUE(app::writePage(test::smallTrace(), folder.path() / "b.html"));
  EXPECT_EQ(test::readFile(folder.path() / "a.html"), test::readFile(folder.path() / "b.html"));
}

}  // namespace
