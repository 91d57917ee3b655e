// `render`, and the formats of `export` that are no tensors: pages and databases. No display is there.
#include <gtest/gtest.h>

#include "tests/app/cli/program.h"
#include "tests/support/json_schema.h"
#include "tests/support/support.h"

namespace {

using test::Ran;
using test::run;
using test::ScratchFolder;

const std::vector<std::string> kInstruments = {"tokens",   "router", "layers",     "experts",  "load",
                                               "dispatch", "ledger", "prediction", "inspector"};

std::vector<std::string> newRun(std::vector<std::string> arguments) {
  for (const char* more : {"--device", "cpu", "--prompt", "three blue <fish>"}) arguments.emplace_back(more);
  return arguments;
}

TEST(CliRender, DrawsEveryInstrumentOfASnapshotWithTextTitleAndProvenance) {
  const ScratchFolder folder;
  const std::string snapshot = folder.path() / "run.npz";
  ASSERT_EQ(run(newRun({"trace", "--out", snapshot})).status, 0);
  for (const std::string& instrument : kInstruments) {
    SCOPED_TRACE(instrument);
    const std::string out = folder.path() / (instrument + ".svg");
    const Ran ran = run({"render", snapshot, "--instrument", instrument, "--out", out});
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.err, "expertscope: wrote " + out + "\n");
    const std::string svg = test::readFile(out);
    EXPECT_NE(svg.find(">seed-7m: three blue &lt;fish&gt;</text>"), std::string::npos);
    EXPECT_NE(svg.find("capture ledger"), std::string::npos);
  }
}

TEST(CliRender, RecordsWhereTheNumbersComeFromAndLeavesThePromptOutWhenAsked) {
  const ScratchFolder folder;
  const std::string out = folder.path() / "load.svg";
  const auto recorded = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = newRun({"render", "--instrument", "load", "--out", out, "--json"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(test::documentViolations(ran.json(), "render"), "");
    return ran.json()["run"];
  };
  const nlohmann::json whole = recorded({});
  EXPECT_EQ(whole["prompt"], "three blue <fish>");
  EXPECT_EQ(whole["model"]["family"], "qwen2_moe");
  EXPECT_EQ(whole["sampling"]["seed"], 0);
  const std::string svg = test::readFile(out);
  EXPECT_NE(svg.find("<metadata>"), std::string::npos);
  EXPECT_NE(svg.find("&quot;special_tokens&quot;"), std::string::npos);
  EXPECT_NE(svg.find("three blue"), std::string::npos);
  EXPECT_EQ(recorded({"--omit-prompt"})["prompt"], nullptr);
  EXPECT_EQ(test::readFile(out).find("three blue"), std::string::npos);
}

TEST(CliRender, LikelyTokensAreShownByTheirTexts) {
  const ScratchFolder folder;
  const std::string out = folder.path() / "prediction.svg";
  ASSERT_EQ(run(newRun({"render", "--instrument", "prediction", "--out", out})).status, 0);
  const std::string svg = test::readFile(out);
  EXPECT_EQ(svg.find(">#"), std::string::npos) << "ids in place of texts";
}

TEST(CliRender, AStoredRunASnapshotAndANewRunGiveTheSamePicture) {
  const ScratchFolder folder;
  const auto file = [&](const char* name) { return std::string(folder.path() / name); };
  ASSERT_EQ(run(newRun({"trace", "--store", file("runs.db"), "--out", file("run.safetensors")})).status, 0);
  const std::vector<std::string> what = {"--instrument", "router", "--token", "1", "--layer", "2", "--theme", "light"};
  const auto picture = [&](std::vector<std::string> source, const char* name) {
    source.insert(source.begin(), "render");
    source.insert(source.end(), what.begin(), what.end());
    source.insert(source.end(), {"--out", file(name)});
    const Ran ran = run(source);
    EXPECT_EQ(ran.status, 0) << ran.err;
    return test::readFile(file(name));
  };
  const std::string stored = picture({"last", "--store", file("runs.db")}, "a.svg");
  EXPECT_NE(stored.find(">token 1, layer 2 "), std::string::npos);
  EXPECT_EQ(picture({file("run.safetensors")}, "b.svg"), stored);
  EXPECT_EQ(picture(newRun({}), "c.svg"), stored);
}

TEST(CliRender, ComparesTwoRunsByTheirNames) {
  const ScratchFolder folder;
  const std::string first = folder.path() / "first.npz", second = folder.path() / "second.json";
  const std::string out = folder.path() / "compare.svg";
  ASSERT_EQ(run(newRun({"export", "--out", first})).status, 0);
  ASSERT_EQ(run({"export", "--device", "cpu", "--prompt", "three red fish", "--out", second}).status, 0);
  const Ran ran = run({"render", first, "--with", second, "--instrument", "compare", "--out", out});
  ASSERT_EQ(ran.status, 0) << ran.err;
  const std::string svg = test::readFile(out);
  EXPECT_NE(svg.find("first.npz"), std::string::npos);
  EXPECT_NE(svg.find("second.json"), std::string::npos);
  const size_t record = svg.find("<metadata>");
  ASSERT_NE(record, std::string::npos);
  for (const char* prompt : {"three blue", "three red fish"}) {
    EXPECT_NE(svg.find(prompt, record), std::string::npos) << prompt << " is where the numbers come from";
  }
  EXPECT_EQ(run({"render", first, "--instrument", "compare", "--out", out}).status, 2);
  EXPECT_EQ(run({"render", first, "--with", second, "--instrument", "router", "--out", out}).status, 2);
}

TEST(CliRender, APngHasTheAskedSizeAndTheDocumentSaysWhatWasDrawn) {
  const ScratchFolder folder;
  const std::string out = folder.path() / "load.png";
  const Ran ran = run(newRun({"render", "--instrument", "load", "--width", "500", "--height", "300", "--scale", "2",
                              "--expert", "3", "--out", out, "--json"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const nlohmann::json document = ran.json();
  EXPECT_EQ(test::documentViolations(document, "render"), "");
  EXPECT_EQ(document["cursor"]["expert"], 3);
  const std::string png = test::readFile(out);
  ASSERT_GT(png.size(), 1000u);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(16, 8), std::string("\x00\x00\x03\xE8\x00\x00\x02\x58", 8)) << "1000 x 600";
}

TEST(CliRender, WhatCannotBeDrawnIsNamed) {
  const ScratchFolder folder;
  const std::string out = folder.path() / "x.svg";
  const Ran unknown = run(newRun({"render", "--instrument", "weather", "--out", out}));
  EXPECT_EQ(unknown.status, 2);
  for (const std::string& instrument : kInstruments) {
    EXPECT_NE(unknown.err.find(instrument), std::string::npos) << unknown.err;
  }
  EXPECT_EQ(run(newRun({"render", "--instrument", "router", "--out", folder.path() / "x.gif"})).status, 2);
  EXPECT_EQ(run({"render", "--instrument", "router", "--out", out}).status, 2) << "no run";
  const auto place = [&](const char* option, const char* value) {
    const Ran ran = run(newRun({"render", "--instrument", "router", "--out", out, option, value}));
    EXPECT_EQ(ran.status, 2);
    return ran.err;
  };
  EXPECT_NE(place("--token", "9999").find("--token 9999: the run has 0 to "), std::string::npos);
  EXPECT_NE(place("--layer", "-1").find("--layer -1: the run has 0 to "), std::string::npos);
  EXPECT_NE(place("--expert", "16").find("--expert 16: the run has 0 to 15"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST(CliExport, WritesAPageAndADatabaseThatCanBeExportedAgain) {
  const ScratchFolder folder;
  const auto file = [&](const char* name) { return std::string(folder.path() / name); };
  ASSERT_EQ(run(newRun({"export", "--out", file("run.json")})).status, 0);
  const Ran page = run({"export", file("run.json"), "--out", file("run.html")});
  ASSERT_EQ(page.status, 0) << page.err;
  EXPECT_NE(test::readFile(file("run.html")).find("<title>seed-7m: three blue &lt;fish&gt;</title>"),
            std::string::npos);
  const Ran database = run({"export", file("run.json"), "--out", file("run.db")});
  ASSERT_EQ(database.status, 0) << database.err;
  ASSERT_EQ(run({"export", "last", "--store", file("run.db"), "--out", file("again.json")}).status, 0);
  const auto tensorsOf = [&](const char* name) { return nlohmann::json::parse(test::readFile(file(name)))["tensors"]; };
  EXPECT_EQ(tensorsOf("again.json"), tensorsOf("run.json"));
  const Ran again = run({"export", file("run.json"), "--out", file("run.db")});
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.err.find("exists already"), std::string::npos) << again.err;
}

TEST(CliExport, APageAndADatabaseAreNotWrittenWithoutThePrompt) {
  const ScratchFolder folder;
  for (const char* name : {"run.html", "run.db"}) {
    const Ran ran = run(newRun({"export", "--omit-prompt", "--out", folder.path() / name}));
    EXPECT_EQ(ran.status, 2);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / name));
  }
}

}  // namespace
