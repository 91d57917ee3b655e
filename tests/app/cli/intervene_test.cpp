// `trace --intervene` and `knockout` from outside.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/app/cli/program.h"
#include "tests/support/json_schema.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;
using test::run;

constexpr const char* kBan = R"({"schema": "expertscope.intervention", "version": 1, "target": 17,
  "interventions": [{"kind": "ban", "expert": 3, "from": 2}]})";

std::vector<std::string> on(const std::string& command, std::vector<std::string> more) {
  std::vector<std::string> all = {
      command, "--model", "seed-7m", "--device", "cpu", "--prompt", "Once upon a time there was"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string fileWith(const test::ScratchFolder& folder, const std::string& text) {
  const std::string path = folder.path() / "changes.json";
  std::ofstream(path) << text;
  return path;
}

TEST(CliIntervene, WritesTheOriginalTheChangedRunAndTheDifferences) {
  const test::ScratchFolder folder;
  const std::string file = fileWith(folder, kBan), out = folder.path() / "changed.safetensors";
  EXPECT_EQ(test::documentViolations(Json::parse(kBan), "intervention"), "");
  const test::Ran ran = run(on("trace", {"--intervene", file, "--generate", "2", "--json", "--out", out}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const Json json = ran.json();
  EXPECT_EQ(test::documentViolations(json, "trace"), "");
  EXPECT_EQ(test::documentViolations(json["original"], "trace"), "");
  const Json& differences = json["differences"];
  EXPECT_EQ(differences["first_changed"], 2);
  EXPECT_EQ(differences["from_start"], false);
  EXPECT_EQ(json["interventions"], Json::array({"ban expert 3 from token 2 on"}));
  EXPECT_EQ(differences["tokens"][0]["token"], 2);
  EXPECT_TRUE(differences["tokens"][0]["target_before"].is_number());
  EXPECT_EQ(json["original"]["generated_ids"], json["generated_ids"]);
  for (const Json& row : json["tensors"]["layers.1.router.ids"].get<std::vector<Json>>()) EXPECT_EQ(row.size(), 2u);
  for (const char* name :
       {"changed.safetensors", "changed.original.safetensors", "changed.safetensors.differences.json"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  }
}

TEST(CliIntervene, PrintsATableAPersonCanRead) {
  const test::ScratchFolder folder;
  const test::Ran ran = run(on("trace", {"--intervene", fileWith(folder, kBan)}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  for (const char* words :
       {"ban expert 3 from token 2 on", "run again from token 2 on", "routing parts at:", "target 0."}) {
    EXPECT_NE(ran.out.find(words), std::string::npos) << words << "\n" << ran.out;
  }
}

TEST(CliIntervene, BothRunsAreKeptAndCanBeOpenedAgain) {
  const test::ScratchFolder folder;
  const std::string store = folder.path() / "s.db";
  const test::Ran ran =
      run(on("trace", {"--intervene", fileWith(folder, R"({"interventions": [{"kind": "k", "k": 1, "from": 2}]})"),
                       "--store", store, "--json"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const test::Ran listed = run({"sessions", "list", "--store", store, "--json"});
  const Json runs = listed.json()["runs"];
  ASSERT_EQ(runs.size(), 2u) << listed.out;
  EXPECT_EQ(runs[0]["name"], "k 1 from token 2 on");
  const test::Ran again = run({"sessions", "show", "last", "--store", store, "--json"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.json()["tensors"]["layers.1.router.ids"][2][1], -1);
  EXPECT_EQ(again.json()["interventions"], Json::array({"k 1 from token 2 on"}));
}

TEST(CliIntervene, TheGpuFindsTheDifferencesThatTheCpuFinds) {
  const test::ScratchFolder folder;
  const std::string file = fileWith(folder, kBan);
  const test::Ran cpu = run(on("trace", {"--intervene", file, "--json"}));
  std::vector<std::string> words = on("trace", {"--intervene", file, "--json"});
  std::replace(words.begin(), words.end(), std::string("cpu"), std::string("gpu"));
  const test::Ran gpu = run(words);
  ASSERT_EQ(gpu.status, 0) << gpu.err;
  const Json a = cpu.json(), b = gpu.json();
  EXPECT_EQ(b["engine"]["engine"], "gpu");
  EXPECT_EQ(b["original"]["engine"]["engine"], "gpu");
  EXPECT_EQ(b["differences"]["layers"], a["differences"]["layers"]);
  ASSERT_EQ(b["differences"]["tokens"].size(), a["differences"]["tokens"].size());
  for (size_t i = 0; i < a["differences"]["tokens"].size(); ++i) {
    const double expected = a["differences"]["tokens"][i]["kl"];
    EXPECT_NEAR(b["differences"]["tokens"][i]["kl"].get<double>(), expected, 1e-5 + 1e-3 * expected);
  }
}

TEST(CliIntervene, APolicyThatOnlyTheCpuRunsSaysSo) {
  const test::ScratchFolder folder;
  const std::string file = fileWith(folder, R"({"interventions": [{"kind": "policy", "policy": "gumbel"}]})");
  std::vector<std::string> words = on("trace", {"--intervene", file});
  words[4] = "gpu";
  const test::Ran gpu = run(words);
  EXPECT_EQ(gpu.status, 1);
  EXPECT_NE(gpu.err.find("gumbel is run by the CPU engine alone; choose --device cpu"), std::string::npos) << gpu.err;
  words[4] = "auto";
  const test::Ran any = run(words);
  EXPECT_EQ(any.status, 0);
  EXPECT_NE(any.err.find("gumbel is run by the CPU engine alone"), std::string::npos) << any.err;
}

TEST(CliIntervene, AMistakeInTheFileIsNamed) {
  const test::ScratchFolder folder;
  const test::Ran expert =
      run(on("trace", {"--intervene", fileWith(folder, R"({"interventions": [{"kind": "ban", "expert": 16}]})")}));
  EXPECT_EQ(expert.status, 1);
  EXPECT_NE(expert.err.find("expected an expert from 0 to 15, found 16"), std::string::npos) << expert.err;
  EXPECT_EQ(run(on("trace", {"--intervene", (folder.path() / "none.json").string()})).status, 1);
  EXPECT_EQ(run({"trace", "--model", "seed-7m", "--intervene", "x", "--jsonl"}).status, 2);
}

TEST(CliKnockout, NamesTheExpertsThatMatteredBesideARandomOne) {
  const test::Ran ran = run(on("knockout", {"--layer", "2", "--token", "3"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("L2E"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("an expert at random: KL"), std::string::npos) << ran.out;
  const test::Ran all = run(on("knockout", {"--layer", "all", "--only-token", "--json"}));
  ASSERT_EQ(all.status, 0) << all.err;
  const Json json = all.json();
  EXPECT_EQ(test::documentViolations(json, "knockout"), "");
  EXPECT_EQ(json["effects"].size(), 96u);
  EXPECT_EQ(json["state"], "complete");
}

TEST(CliKnockout, IsKeptWithItsRun) {
  const test::ScratchFolder folder;
  const std::string store = folder.path() / "s.db";
  const test::Ran ran = run(on("knockout", {"--layer", "2", "--token", "3", "--store", store, "--json"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  const Json json = ran.json();
  EXPECT_EQ(test::documentViolations(json, "knockout"), "");
  EXPECT_EQ(json["kept"], 1);
  const std::string question =
      "SELECT token, count(*), sum(uses) FROM knockout JOIN knockout_effect ON knockout = id WHERE run = 1 GROUP BY id";
  const test::Ran asked = run({"sessions", "query", "--store", store, "--json", question});
  ASSERT_EQ(asked.status, 0) << asked.err;
  int64_t uses = 0;
  for (const Json& effect : json["effects"]) uses += effect["uses"].get<int64_t>();
  EXPECT_EQ(asked.json()["rows"], Json::array({Json::array({3, 16, uses})}));
  EXPECT_EQ(run(on("knockout", {"--close-calls", "bf16", "--store", store})).status, 2);
}

TEST(CliKnockout, AParaphraseFlipsChoicesAtTheTokensThatBothTextsHave) {
  const std::vector<std::string> once = {
      "knockout", "--model",     "seed-7m", "--device", "cpu", "--prompt", "Once upon a time there was a cat",
      "--json",   "--paraphrase"};
  const auto beside = [&](const std::string& text) {
    std::vector<std::string> words = once;
    words.push_back(text);
    const test::Ran ran = run(words);
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(test::documentViolations(ran.json(), "knockout"), "");
    return ran.json();
  };
  const Json same = beside("Once upon a time there was a cat");
  const int64_t tokens = same["run"]["prompt_tokens"];
  EXPECT_EQ(same["close_calls"]["shared_tokens"], tokens);
  EXPECT_EQ(same["close_calls"]["decisions"], tokens * 6);
  EXPECT_EQ(same["close_calls"]["flips"].size(), 0U);
  EXPECT_TRUE(same["close_calls"]["rounding"].is_null());
  const Json other = beside("Long ago there was a cat");
  EXPECT_EQ(other["close_calls"]["paraphrase"], "Long ago there was a cat");
  EXPECT_LT(other["close_calls"]["shared_tokens"], tokens);
  EXPECT_GT(other["close_calls"]["flips"].size(), 0U);
  for (const Json& flip : other["close_calls"]["flips"]) EXPECT_NE(flip["before"], flip["after"]);
}

TEST(CliKnockout, CloseCallsTakeNothingOfTheSweep) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--layer", "1"},
                                                {"--token", "0"},
                                                {"--only-token"},
                                                {"--seed", "1"},
                                                {"--resamples", "10"},
                                                {"--close-calls", "bf16"}}) {
    std::vector<std::string> all = {"--paraphrase", "Long ago"};
    all.insert(all.end(), words.begin(), words.end());
    EXPECT_EQ(run(on("knockout", all)).status, 2) << words[0];
  }
}

TEST(CliKnockout, FindsCloseCallsAndRefusesWhatIsNotThere) {
  const test::Ran ran = run(on("knockout", {"--close-calls", "q8_0", "--json"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(test::documentViolations(ran.json(), "knockout"), "");
  EXPECT_EQ(ran.json()["close_calls"]["rounding"], "q8_0");
  for (const char* layer : {"6", "-1", "x", "1.5", ""}) {
    EXPECT_EQ(run(on("knockout", {"--layer", layer})).status, 2) << layer;
  }
  const test::Ran token = run(on("knockout", {"--token", "4000"}));
  EXPECT_EQ(token.status, 2);
  EXPECT_NE(token.err.find("--token 4000: the run has 0 to"), std::string::npos) << token.err;
  EXPECT_EQ(run({"knockout"}).status, 2);
}

}  // namespace
