// `expertscope trace` from outside: outputs, files, exit status.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <regex>

#include "tests/app/cli/program.h"
#include "tests/support/json_schema.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;
using test::run;
using test::ScratchFolder;

const std::vector<std::string> kOnCpu = {"trace", "--model", "seed-7m", "--device", "cpu"};

std::vector<std::string> traceWith(std::vector<std::string> more) {
  std::vector<std::string> all = kOnCpu;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(CliTrace, PrintsATableOnStdoutAndTheDeviceOnStderr) {
  const test::Ran ran = run(traceWith({"--prompt", "Once upon a time", "--generate", "2"}));
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("experts and weights"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("-- generated"), std::string::npos) << ran.out;
  EXPECT_TRUE(std::regex_search(ran.out, std::regex(" E0[0-9] 0\\.[0-9]{3} "))) << ran.out;
  EXPECT_EQ(ran.out.find("-0 %"), std::string::npos) << ran.out;
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos) << "colours in a file";
  EXPECT_NE(ran.err.find("running on the CPU"), std::string::npos) << ran.err;
}

TEST(CliTrace, JsonIsValidAndSaysWhereTheNumbersComeFrom) {
  const test::Ran ran = run(traceWith(
      {"--prompt", "Once upon a time", "--generate", "3", "--capture", "full", "--json", "--capacity-factor", "0.5"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const Json json = ran.json();
  EXPECT_EQ(test::documentViolations(json, "trace"), "");
  EXPECT_EQ(json["model"]["name"], "seed-7m");
  EXPECT_EQ(json["prompt"], "Once upon a time");
  EXPECT_EQ(json["capture"], "full");
  EXPECT_EQ(json["capacity"]["kind"], "simulated");
  EXPECT_EQ(json["engine"]["engine"], "cpu");
  const Json& tensors = json["tensors"];
  const size_t prompt = json["ids"].size();
  EXPECT_EQ(tensors["greedy"].size(), 3u);
  EXPECT_EQ(tensors["greedy"], json["generated_ids"]);
  EXPECT_EQ(tensors["layers.0.router.ids"].size(), prompt);
  EXPECT_EQ(tensors["generated.layers.0.router.ids"].size(), 2u);
  EXPECT_EQ(tensors["logits"].size(), prompt);
  EXPECT_TRUE(tensors.contains("layers.5.router.kept"));
}

// The document's shares add up, the terminal shows the same operations, and a run that did not ask has neither.
void expectProfile(const test::Ran& ran, const std::string& operation) {
  ASSERT_EQ(ran.status, 0) << ran.err;
  const Json json = ran.json();
  EXPECT_EQ(test::documentViolations(json, "trace"), "");
  double share = 0;
  bool found = false;
  for (const Json& row : json["profile"]["ops"]) {
    share += row["share"].get<double>();
    found |= row["op"] == operation;
    EXPECT_NE(ran.err.find("  " + row["op"].get<std::string>() + "\n"), std::string::npos) << ran.err;
  }
  EXPECT_NEAR(share, 1, 1e-6);
  EXPECT_TRUE(found) << json["profile"].dump();
  EXPECT_GT(json["profile"]["seconds"], 0);
}

TEST(CliTrace, AProfileSaysWhichOperationsTookTheTime) {
  expectProfile(run(traceWith({"--ids", "10,20,30", "--generate", "2", "--json", "--profile"})), "routed experts");
  EXPECT_FALSE(run(traceWith({"--ids", "10,20,30", "--json"})).json().contains("profile"));
#ifdef EXPERTSCOPE_HAS_GPU
  expectProfile(run({"trace", "--device", "gpu", "--ids", "10,20,30", "--json", "--profile"}), "embed");
#endif
}

TEST(CliTrace, AProfileOfManyPromptsIsInEachDocumentAndItsSumOnStderr) {
  const test::Ran ran = run(traceWith({"--jsonl", "--profile"}), {.input = "{\"ids\": [5, 6]}\n{\"ids\": [7]}\n"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  std::istringstream in(ran.out);
  int documents = 0;
  for (std::string line; std::getline(in, line); ++documents) EXPECT_FALSE(Json::parse(line)["profile"]["ops"].empty());
  EXPECT_EQ(documents, 2);
  EXPECT_NE(ran.err.find("attention"), std::string::npos) << ran.err;
}

TEST(CliTrace, WritesEveryFormatAndTheOutputOfJsonIsTheSameAsTheFile) {
  const ScratchFolder folder;
  for (const std::string name : {"run.safetensors", "run.npz", "run.csv", "run.json"}) {
    const test::Ran ran = run(traceWith({"--ids", "10,20,30", "--out", folder.path() / name}));
    EXPECT_EQ(ran.status, 0) << name << ran.err;
    EXPECT_EQ(ran.out, "") << name;
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "run.csv.json"));
  EXPECT_EQ(run(traceWith({"--ids", "10,20,30", "--json"})).out, test::readFile(folder.path() / "run.json"));
}

#ifdef EXPERTSCOPE_HAS_GPU
TEST(CliTrace, ARunOnTheGpuCountsSubmissionsAndHostWaitsForItselfAlone) {
  const test::Ran ran = run({"trace", "--device", "gpu", "--jsonl", "--capture", "routing"},
                            {.input = "{\"ids\": [5, 6, 7]}\n{\"ids\": [5, 6, 7]}\n"});
  ASSERT_EQ(ran.status, 0) << ran.err;
  std::istringstream in(ran.out);
  std::string line, again;
  std::getline(in, line);
  std::getline(in, again);
  const Json first = Json::parse(line)["counters"], second = Json::parse(again)["counters"];
  EXPECT_GT(first["submissions"], 0) << first;
  EXPECT_GT(first["host_waits"], 0) << first;
  EXPECT_EQ(first["read_backs_inside_pass"], 0) << first;
  for (const char* key : {"dispatches", "read_backs"}) EXPECT_EQ(first[key], second[key]) << second;
  EXPECT_EQ(test::documentViolations(Json::parse(line), "trace"), "");
  const ScratchFolder folder;
  const std::string file = folder.path() / "run.safetensors";
  ASSERT_EQ(run({"trace", "--device", "gpu", "--ids", "5,6,7", "--out", file}).status, 0);
  EXPECT_NE(test::readFile(file).find("\"counters\":\"{"), std::string::npos);
}
#endif

TEST(CliTrace, IsTheSameForAnyNumberOfThreads) {
  const auto one = run(traceWith({"--prompt", "The cat sat", "--capture", "full", "--json", "--threads", "1"}));
  const auto two = run(traceWith({"--prompt", "The cat sat", "--capture", "full", "--json", "--threads", "2"}));
  ASSERT_EQ(one.status, 0);
  EXPECT_EQ(one.out, two.out);
}

TEST(CliTrace, SamplingFollowsTheSeed) {
  const auto sampled = [](const std::string& seed) {
    return run(traceWith({"--prompt", "Once", "--generate", "12", "--temperature", "1.5", "--seed", seed, "--json"}))
        .json()["generated_ids"];
  };
  const Json first = sampled("1");
  EXPECT_EQ(first.size(), 12u);
  EXPECT_EQ(first, sampled("1"));
  EXPECT_NE(first, sampled("2"));
}

TEST(CliTrace, JsonLinesAnswersEachLineInOrderAndGoesOnAfterAWrongOne) {
  const test::Ran ran = run(traceWith({"--jsonl"}), {.input = "{\"text\": \"a cat\"}\n"
                                                              "{\"ids\": [5, 6]}\n"
                                                              "{\"ids\": [-1]}\n"
                                                              "not json\n"
                                                              "\n"
                                                              "{\"ids\": [7]}"});
  EXPECT_EQ(ran.status, 1);
  std::vector<Json> lines;
  std::istringstream in(ran.out);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  ASSERT_EQ(lines.size(), 5u) << ran.err;
  for (const size_t good : {0, 1, 4}) EXPECT_EQ(test::documentViolations(lines[good], "trace"), "") << good;
  for (const size_t wrong : {2, 3}) EXPECT_EQ(test::documentViolations(lines[wrong], "error"), "") << wrong;
  EXPECT_EQ(lines[0]["prompt"], "a cat");
  EXPECT_EQ(lines[1]["ids"].dump(), "[5,6]");
  EXPECT_EQ(lines[3]["line"], 4);
}

TEST(CliTrace, ReadsThePromptFromAFileAndFromStandardInput) {
  const ScratchFolder folder;
  std::ofstream(folder.path() / "prompt") << "Two birds\xff";
  const auto file = run(traceWith({"--prompt-file", folder.path() / "prompt", "--json"}));
  const auto input = run(traceWith({"--prompt-file", "-", "--json"}), {.input = "Two birds\xff"});
  ASSERT_EQ(file.status, 0) << file.err;
  EXPECT_EQ(file.out, input.out);
}

TEST(CliTrace, APromptThatIsNotUtf8RunsAndThatIsSaidOnce) {
  const test::Ran ran =
      run({"trace", "--device", "cpu", "--prompt-file", "-", "--json"}, {.input = "a \xff\xc3 b\xf0"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  const size_t said = ran.err.find("the prompt is not UTF-8");
  EXPECT_NE(said, std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find("the prompt is not UTF-8", said + 1), std::string::npos) << ran.err;
  EXPECT_EQ(run({"trace", "--device", "cpu", "--prompt", "ä"}).err.find("UTF-8"), std::string::npos);
}

TEST(CliTrace, AnEmptyPromptIsAnErrorWhereTheModelAddsNothing) {
  const test::Ran ran = run(traceWith({"--prompt", ""}));
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("the prompt has no tokens"), std::string::npos) << ran.err;
}

TEST(CliTrace, APromptPastTheContextStatesTheLimit) {
  const test::Ran ran = run(traceWith({"--prompt-file", "-"}), {.input = std::string(100000, 'x')});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("256"), std::string::npos) << ran.err;
}

TEST(CliTrace, GenerationEndsAtTheContextAndSaysSo) {
  const test::Ran ran = run(traceWith({"--ids", "1,2,3", "--generate", "300", "--json", "--capture", "routing"}));
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.json()["ended_at_context_limit"], true);
  EXPECT_NE(ran.err.find("context of 256 tokens is full"), std::string::npos) << ran.err;
}

TEST(CliTrace, APromptWrappedAsChatIsRecordedAsItWasRun) {
  const test::Ran ran = run(traceWith({"--prompt", "Hi", "--chat", "chatml", "--json", "--capture", "routing"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.json()["prompt"], "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  EXPECT_NE(ran.err.find("has no token <|im_start|>, <|im_end|>"), std::string::npos) << ran.err;
  const test::Ran lines =
      run(traceWith({"--jsonl", "--chat", "alpaca", "--capture", "routing"}), {.input = "{\"text\": \"Hi\"}\n"});
  EXPECT_EQ(lines.json()["prompt"], "### Instruction:\nHi\n\n### Response:\n") << lines.err;
  EXPECT_EQ(lines.err.find("has no token"), std::string::npos) << lines.err;
  EXPECT_EQ(run(traceWith({"--prompt", "Hi", "--chat", "nobody"})).status, 2);
  EXPECT_EQ(run(traceWith({"--ids", "1,2", "--chat", "chatml"})).status, 2);
}

TEST(CliTrace, WrongUsageIsTwoAndAnImpossibleRunIsOne) {
  EXPECT_EQ(run(traceWith({})).status, 2);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--ids", "1"})).status, 2);
  EXPECT_EQ(run(traceWith({"--ids", "1,x"})).status, 2);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--capture", "everything"})).status, 2);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--out", "run.txt"})).status, 2);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--temperature", "nan"})).status, 2);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--seed", "-1"})).status, 2);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--nonsense"})).status, 2);
  EXPECT_EQ(run({"trace", "--prompt", "a", "--device", "tpu"}).status, 2);
  EXPECT_EQ(run(traceWith({"--ids", "999999"})).status, 1);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--layer", "6"})).status, 2);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--capacity-rule", "switch"})).status, 1);
  EXPECT_EQ(run(traceWith({"--prompt", "a", "--out", "/nowhere/run.json"})).status, 1);
  EXPECT_EQ(run({"trace", "--model", "no-such-model", "--prompt", "a"}).status, 1);
}

TEST(CliTrace, AFullDiskUnderStandardOutputIsAFailure) {
  const test::Ran ran = run(traceWith({"--ids", "1,2,3", "--json"}), {.outputFile = "/dev/full"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.err.find("No space left"), std::string::npos) << ran.err;
}

}  // namespace
