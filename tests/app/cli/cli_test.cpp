// The other subcommands from outside.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/app/cli/program.h"
#include "tests/support/json_schema.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;
using test::run;
using test::ScratchFolder;

TEST(Cli, HelpAndVersionSucceedOnStdout) {
  EXPECT_EQ(run({"--version"}).status, 0);
  EXPECT_EQ(run({"--version"}).out.substr(0, 12), "expertscope ");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"trace", "--help"}, {"sessions", "--help"}, {"sessions", "list", "--help"}}) {
    const test::Ran ran = run(arguments);
    EXPECT_EQ(ran.status, 0);
    EXPECT_NE(ran.out.find("Usage"), std::string::npos);
    EXPECT_EQ(ran.err, "");
  }
}

TEST(Cli, AnUnknownSubcommandIsWrongUsageAndNamed) {
  const test::Ran ran = run({"trase"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_TRUE(ran.err.starts_with("expertscope: there is no subcommand trase; ")) << ran.err;
}

TEST(Cli, TheWindowWithoutADisplayIsOneLineThatNamesTheWayOut) {
  const test::Ran ran = run({});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("expertscope trace"), std::string::npos) << ran.err;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
}

TEST(Cli, ListsModelsAndDevices) {
  const test::Ran models = run({"models", "--json"});
  ASSERT_EQ(models.status, 0);
  EXPECT_EQ(test::documentViolations(models.json(), "models"), "");
  EXPECT_EQ(models.json()["models"][0]["name"], "seed-7m");
  EXPECT_EQ(models.json()["models"][0]["experts"], 16);
  const test::Ran devices = run({"devices", "--json"});
  ASSERT_EQ(devices.status, 0) << devices.err;
  EXPECT_EQ(test::documentViolations(devices.json(), "devices"), "");
}

TEST(Cli, InspectsAModelAndRefusesWhatItDoesNotKnow) {
  const test::Ran model = run({"inspect", "seed-7m", "--json"});
  ASSERT_EQ(model.status, 0) << model.err;
  EXPECT_EQ(test::documentViolations(model.json(), "inspect"), "");
  EXPECT_EQ(model.json()["kind"], "model");
  const ScratchFolder folder;
  std::ofstream(folder.path() / "x.safetensors") << "no";
  EXPECT_EQ(run({"inspect", folder.path() / "x.safetensors"}).status, 1);
  EXPECT_EQ(run({"inspect", "/no/such/place"}).status, 1);
  EXPECT_EQ(run({"inspect"}).status, 2);
}

TEST(Cli, TokenizesTextAndLinesInPureAscii) {
  const test::Ran one = run({"tokenize", "--model", "seed-7m", "--json", "h\xc3\xa9llo"});
  ASSERT_EQ(one.status, 0) << one.err;
  EXPECT_EQ(test::documentViolations(one.json(), "tokenize"), "");
  EXPECT_EQ(one.json()["decoded"], "h\xc3\xa9llo");
  const std::string ids = one.json()["ids"].dump();
  const test::Ran lines =
      run({"tokenize", "--jsonl"}, {.input = "{\"text\": \"h\\u00e9llo\"}\n{\"ids\": " + ids + "}\n"});
  ASSERT_EQ(lines.status, 0) << lines.err;
  for (const char c : lines.out) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  std::istringstream in(lines.out);
  std::string first, second;
  std::getline(in, first);
  std::getline(in, second);
  const Json a = Json::parse(first), b = Json::parse(second);
  EXPECT_EQ(a.size(), 5u);
  for (const char* key : {"ids", "ids_special", "decoded", "decoded_skip"}) EXPECT_EQ(a[key], b[key]) << key;
}

TEST(Cli, RoutesASpecificationAndNamesWhatIsWrongWithOne) {
  const std::string spec = R"({"method": "token-choice", "cases": [{"name": "a",
      "inputs": {"logits": [[2, 1, 0]], "U": [[1, 0]]}, "options": {"k": 2, "weights": "renorm", "scale": 1}}]})";
  const test::Ran good = run({"route", "-"}, {.input = spec});
  ASSERT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(test::documentViolations(good.json(), "route"), "");
  EXPECT_EQ(good.json()["cases"][0]["result"]["ids"].dump(), "[[0,1]]");
  const test::Ran wrong = run({"route", "-"}, {.input = R"({"method": "guess", "cases": []})"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.err.find("guess"), std::string::npos) << wrong.err;
}

TEST(Cli, KeepsListsShowsExportsAndDeletesRuns) {
  const ScratchFolder folder;
  const std::string store = folder.path() / "runs.db";
  const auto sessions = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "sessions");
    arguments.insert(arguments.end(), {"--store", store});
    return run(arguments);
  };
  EXPECT_EQ(sessions({"list"}).status, 1) << "a database that is not there";
  for (const std::string prompt : {"the yellow bird", "a red boat"}) {
    const test::Ran ran = run({"trace", "--device", "cpu", "--prompt", prompt, "--generate", "2", "--store", store});
    ASSERT_EQ(ran.status, 0) << ran.err;
  }
  const test::Ran list = sessions({"list", "--json"});
  ASSERT_EQ(list.status, 0) << list.err;
  EXPECT_EQ(test::documentViolations(list.json(), "sessions"), "");
  const Json runs = list.json()["runs"];
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["prompt"], "a red boat");
  EXPECT_EQ(runs[0]["state"], "complete");

  const test::Ran found = sessions({"search", "yellow", "--json"});
  ASSERT_EQ(found.json()["runs"].size(), 1u) << found.err;
  const std::string id = found.json()["runs"][0]["id"].dump();
  const test::Ran shown = sessions({"show", id, "--json"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(test::documentViolations(shown.json(), "trace"), "");
  EXPECT_EQ(shown.json()["prompt"], "the yellow bird");

  const std::string out = folder.path() / "kept.json";
  const test::Ran exported = sessions({"export", id, "--out", out, "--json"});
  ASSERT_EQ(exported.status, 0) << exported.err;
  EXPECT_EQ(test::documentViolations(exported.json(), "sessions"), "");
  EXPECT_EQ(Json::parse(test::readFile(out))["tensors"], shown.json()["tensors"]);

  const test::Ran counted = sessions({"query", "SELECT count(*) AS n, 'x' AS word FROM sqlite_schema", "--json"});
  ASSERT_EQ(counted.status, 0) << counted.err;
  EXPECT_EQ(test::documentViolations(counted.json(), "sessions"), "");
  EXPECT_EQ(counted.json()["columns"].dump(), R"(["n","word"])");
  EXPECT_EQ(sessions({"query", "DELETE FROM runs"}).status, 1);

  EXPECT_EQ(sessions({"delete", id, "99"}).status, 1) << "all or none";
  const test::Ran deleted = sessions({"delete", id, "--json"});
  ASSERT_EQ(deleted.status, 0) << deleted.err;
  EXPECT_EQ(deleted.json()["deleted"].dump(), "[" + id + "]");
  EXPECT_EQ(sessions({"list", "--json"}).json()["runs"].size(), 1u);
}

TEST(Cli, ExportsAStoredRunASnapshotAndANewRunAlike) {
  const ScratchFolder folder;
  const std::string store = folder.path() / "runs.db";
  const auto file = [&](const char* name) { return std::string(folder.path() / name); };
  const std::vector<std::string> prompt = {"--device", "cpu", "--prompt", "three blue fish"};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), prompt.begin(), prompt.end());
    return run(arguments);
  };
  ASSERT_EQ(with({"trace", "--store", store, "--out", file("first.npz")}).status, 0);
  const test::Ran stored = run({"export", "last", "--store", store, "--out", file("stored.json"), "--json"});
  ASSERT_EQ(stored.status, 0) << stored.err;
  EXPECT_EQ(test::documentViolations(stored.json(), "export"), "");
  ASSERT_EQ(run({"export", file("first.npz"), "--out", file("copy.safetensors")}).status, 0);
  ASSERT_EQ(run({"export", file("copy.safetensors"), "--out", file("copied.json")}).status, 0);
  ASSERT_EQ(with({"export", "--out", file("new.json")}).status, 0);
  const auto tensorsOf = [&](const char* name) { return Json::parse(test::readFile(file(name)))["tensors"]; };
  EXPECT_EQ(tensorsOf("stored.json"), tensorsOf("copied.json"));
  EXPECT_EQ(tensorsOf("stored.json"), tensorsOf("new.json"));
  EXPECT_EQ(run({"export", "--out", file("x.json")}).status, 2);
  EXPECT_EQ(with({"export", "last", "--out", file("x.json")}).status, 2);
  EXPECT_EQ(run({"export", file("no-such.npz"), "--out", file("x.json")}).status, 1);
}

#ifdef EXPERTSCOPE_HAS_GPU
TEST(Cli, TheGpuAgreesWithTheCpu) {
  const test::Ran ran = run({"parity", "--prompt", "The cat sat on the mat", "--json"});
  ASSERT_EQ(ran.status, 0) << ran.err << ran.out;
  EXPECT_EQ(test::documentViolations(ran.json(), "parity"), "");
  EXPECT_EQ(ran.json()["passed"], true);
  EXPECT_GT(ran.json()["hooks"].size(), 20u);
}
#endif

}  // namespace
