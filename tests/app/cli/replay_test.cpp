// `expertscope replay` from outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/app/cli/program.h"
#include "tests/support/json_schema.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;
using test::run;

std::vector<std::string> replayWith(std::vector<std::string> more) {
  std::vector<std::string> all = {"replay", "--model", "seed-7m", "--device", "cpu", "--prompt", "Once upon a time"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Json jsonOf(const std::vector<std::string>& arguments) {
  const test::Ran ran = run(arguments);
  EXPECT_EQ(ran.status, 0) << ran.err;
  const Json json = ran.json();
  EXPECT_EQ(test::documentViolations(json, "replay"), "");
  return json;
}

TEST(CliReplay, ItsOwnPolicyChangesNothing) {
  const Json json = jsonOf(replayWith({"--policy", "own", "--json"}));
  const Json& replay = json["replays"][0];
  EXPECT_EQ(replay["exact"], true);
  EXPECT_EQ(replay["all"]["changed_share"], 0);
  EXPECT_EQ(replay["all"]["dropped"], 0);
  EXPECT_EQ(replay["layers"].size(), 6u);
}

TEST(CliReplay, ExpertChoiceIsNotCausalAndGivesEveryExpertTheSame) {
  const test::ScratchFolder folder;
  const std::string out = folder.path() / "ec.json";
  const Json json =
      jsonOf(replayWith({"--policy", "expert-choice", "--capacity-factor", "1.0", "--json", "--out", out}));
  const Json& replay = json["replays"][0];
  EXPECT_EQ(replay["causal"], false);
  EXPECT_EQ(replay["k"], 1);
  EXPECT_EQ(replay["settings"], "1 expert a token");
  EXPECT_EQ(replay["exact"], false);
  EXPECT_TRUE(replay["layers"][0]["saw_later"].is_array());
  EXPECT_EQ(replay["all"]["max_violation"], 0);
  EXPECT_GT(replay["all"]["changed_share"], 0);
  // The file is a run like another: it can be looked at, and decided again.
  const test::Ran again = run({"export", out, "--out", folder.path() / "ec.csv"});
  EXPECT_EQ(again.status, 0) << again.err;
  const Json twice = jsonOf({"replay", out, "--policy", "own", "--json"});
  EXPECT_EQ(twice["replays"][0]["k"], jsonOf(replayWith({"--policy", "own", "--json"}))["replays"][0]["k"]);
  EXPECT_EQ(twice["replays"][0]["all"]["changed_share"].get<double>() > 0, true) << "against what expert choice chose";
  EXPECT_EQ(twice["replays"][0]["exact"], false);
}

TEST(CliReplay, TakesTheOrderOfServingAndTheGroupsThatQueueTogether) {
  const std::vector<std::string> words = {
      "replay", "--model", "seed-7m", "--device", "cpu", "--ids", "5,9,14,5,9,30,41,5,9,14,5,77"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> all = words;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Json json = jsonOf(with({"--capacity-factor", "0.5", "--order", "permuted", "--seed", "7", "--sequence", "4",
                                 "--group-sequences", "2", "--drop-weights", "after", "--json"}));
  const Json& replay = json["replays"][0];
  EXPECT_EQ(replay["serving"], (Json{{"order", "permuted"}, {"seed", 7}, {"sequence", 4}, {"group_sequences", 2}}));
  EXPECT_EQ(replay["settings"], "order permuted, seed 7, groups of 2 x 4 tokens, drop-weights after");
  EXPECT_EQ(replay["causal"], false);
  EXPECT_EQ(replay["all"]["changed_share"], 0) << "who is served changes, who is chosen does not";
  EXPECT_GT(replay["all"]["dropped"], 0);
  const Json whole = jsonOf(with({"--json"}));
  EXPECT_TRUE(whole["replays"][0]["serving"]["sequence"].is_null());
  const test::Ran alone = run(with({"--group-sequences", "2"}));
  EXPECT_EQ(alone.status, 2);
  EXPECT_NE(alone.err.find("--sequence"), std::string::npos) << alone.err;
}

TEST(CliReplay, RefusesWeightsThatThePolicyDoesNotHave) {
  const Json json = jsonOf(replayWith({"--policy", "grouped-topk", "--weights", "sigmoid_renorm", "--json"}));
  EXPECT_NE(json["replays"][0]["settings"].get<std::string>().find("weights sigmoid_renorm"), std::string::npos);
  const test::Ran own = run(replayWith({"--policy", "llama4-router", "--weights", "renorm"}));
  EXPECT_EQ(own.status, 2);
  EXPECT_NE(own.err.find("llama4-router has weights of its own"), std::string::npos) << own.err;
  const test::Ran other = run(replayWith({"--policy", "global-choice", "--weights", "softmax_topk"}));
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.err.find("global-choice takes raw, renorm, found softmax_topk"), std::string::npos) << other.err;
}

TEST(CliReplay, RefusesOptionsThatThePolicyDoesNotRead) {
  const test::Ran own = run(replayWith({"--policy", "own", "--jitter", "0.1"}));
  EXPECT_EQ(own.status, 2);
  EXPECT_NE(own.err.find("--jitter: token-choice, the model's own policy, does not read it; it is read by sparsemixer"),
            std::string::npos)
      << own.err;
  EXPECT_EQ(run(replayWith({"--policy", "all", "--jitter", "0.1"})).status, 0);
}

TEST(CliReplay, SaysWhereTheGradientWouldPushAToken) {
  const Json json = jsonOf(replayWith({"--policy", "own", "--push", "2", "--layer", "3", "--json"}));
  const Json& push = json["push"];
  EXPECT_EQ(push["layer"], 3);
  ASSERT_EQ(push["losses"].size(), 7u);
  for (const Json& one : push["losses"]) {
    ASSERT_EQ(one["values"].size(), 16u) << one["name"];
    double sum = 0;
    for (const Json& value : one["values"]) sum += value.get<double>();
    // A constant on all logits changes no softmax, but the z-loss.
    EXPECT_EQ(std::abs(sum) < 1e-9, one["name"] != "push.z") << one["name"] << " " << sum;
  }
  ASSERT_EQ(push["weights"].size(), 2u);
  EXPECT_TRUE(push["weights"][0]["why_not"].is_null());
  EXPECT_EQ(run(replayWith({"--push", "900"})).status, 2);
  EXPECT_EQ(run(replayWith({"--push", "2", "--layer", "6"})).status, 2);
  EXPECT_EQ(run(replayWith({"--layer", "3"})).status, 2);
  EXPECT_NE(run(replayWith({"--push", "2"})).out.find("push.balance.switch"), std::string::npos);
}

TEST(CliReplay, AReplayIsKeptUnderItsName) {
  const test::ScratchFolder folder;
  const std::string store = folder.path() / "s.db";
  const Json json =
      jsonOf(replayWith({"--policy", "global-choice", "--keep", "all may choose", "--store", store, "--json"}));
  EXPECT_EQ(json["kept"], 1);
  const test::Ran shown = run({"sessions", "show", "1", "--store", store, "--json"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  EXPECT_EQ(shown.json()["stored"]["name"], "all may choose");
  EXPECT_EQ(shown.json()["replay"]["policy"], "global-choice");
  EXPECT_TRUE(shown.json()["tensors"].contains("layers.0.router.logits"));
}

TEST(CliReplay, AReplayOfAKeptReplayStandsUnderThatReplay) {
  const test::ScratchFolder folder;
  const std::string store = folder.path() / "s.db";
  ASSERT_EQ(run({"trace", "--model", "seed-7m", "--device", "cpu", "--prompt", "Once", "--store", store}).status, 0);
  ASSERT_EQ(run({"replay", "1", "--policy", "hash-router", "--keep", "by its id", "--store", store}).status, 0);
  ASSERT_EQ(run({"replay", "2", "--policy", "top-p", "--keep", "by mass", "--store", store}).status, 0);
  const test::Ran listed = run({"sessions", "list", "--store", store});
  const size_t child = listed.out.find("\u2514 replay: by its id"),
               grandchild = listed.out.find("  \u2514 replay: by mass");
  ASSERT_NE(child, std::string::npos) << listed.out;
  ASSERT_NE(grandchild, std::string::npos) << listed.out;
  EXPECT_LT(child, grandchild);
  const Json rows = run({"sessions", "list", "--store", store, "--json"}).json();
  ASSERT_EQ(rows["runs"].size(), 3U);
  for (const Json& row : rows["runs"]) {
    if (row["id"] == 1) {
      EXPECT_TRUE(row["origin"].is_null());
    } else {
      EXPECT_EQ(row["origin"]["run"].get<int>(), row["id"].get<int>() - 1);
    }
  }
}

TEST(CliReplay, StandsUnderItsRunInTheListOfSessions) {
  const test::ScratchFolder folder;
  const std::string store = folder.path() / "s.db";
  ASSERT_EQ(run({"trace", "--model", "seed-7m", "--device", "cpu", "--prompt", "Once", "--store", store}).status, 0);
  ASSERT_EQ(run({"replay", "1", "--policy", "hash-router", "--keep", "by its id", "--store", store}).status, 0);
  ASSERT_EQ(run({"trace", "--model", "seed-7m", "--device", "cpu", "--prompt", "Twice", "--store", store}).status, 0);
  const test::Ran listed = run({"sessions", "list", "--store", store});
  ASSERT_EQ(listed.status, 0) << listed.err;
  const size_t twice = listed.out.find("Twice"), once = listed.out.find("Once"),
               below = listed.out.find("\u2514 replay: by its id");
  EXPECT_LT(twice, once) << "the newest run first";
  EXPECT_LT(once, below) << "and what was made from a run under it:\n" << listed.out;
  ASSERT_NE(below, std::string::npos) << listed.out;
  const test::Ran json = run({"sessions", "list", "--store", store, "--json"});
  EXPECT_EQ(test::documentViolations(json.json(), "sessions"), "");
  EXPECT_EQ(json.json()["runs"][1]["origin"], (Json{{"run", 1}, {"token", 0}, {"kind", "replay"}}));
  EXPECT_EQ(json.json()["runs"][0]["origin"], nullptr);
}

TEST(CliReplay, AllPoliciesStandInOneTableAndTheLockedOnesSayWhy) {
  const test::Ran ran = run(replayWith({"--policy", "all"}));
  ASSERT_EQ(ran.status, 0) << ran.err;
  for (const char* words : {"token-choice ", "global-choice *", "sinkhorn *", "by chance",
                            "locked:", "soft-moe cannot be computed from logits"}) {
    EXPECT_NE(ran.out.find(words), std::string::npos) << words << "\n" << ran.out;
  }
  const Json json = jsonOf(replayWith({"--policy", "all", "--json"}));
  EXPECT_EQ(json["replays"].size(), 22u);
}

TEST(CliReplay, PlacementIsAModelOfCostForGrowingBatches) {
  const test::ScratchFolder folder;
  const Json striped =
      jsonOf(replayWith({"--k", "2", "--devices", "4", "--placement", "striped", "--device-capacity", "1", "--json"}));
  EXPECT_EQ(striped["placement"]["devices"], 4);
  EXPECT_EQ(striped["placement"]["device"][5], 1);
  const Json whole = striped["placement"]["batches"].back();
  EXPECT_GE(whole["straggler"], 1);
  EXPECT_GT(striped["placement"]["batches"].size(), 2U) << "the batch grows";
  EXPECT_GT(whole["chance"]["straggler"], 1);
  EXPECT_EQ(striped["placement"]["least"]["communication_loss"], 0.5) << "two choices on one device of two";
  int64_t bytes = 0;
  double stragglers = 0, worst = 0;
  for (const Json& layer : striped["placement"]["layers"]) {
    bytes += layer["bytes"].get<int64_t>();
    stragglers += layer["straggler"].get<double>();
    worst = std::max(worst, layer["straggler"].get<double>());
  }
  EXPECT_EQ(bytes, whole["bytes"]) << "the layers add up";
  const auto layers = static_cast<double>(striped["placement"]["layers"].size());
  EXPECT_DOUBLE_EQ(whole["straggler"], stragglers / layers) << "a layer's, as the even router's beside it";
  EXPECT_EQ(whole["straggler_worst"], worst);
  const Json wide = jsonOf(replayWith({"--k", "2", "--devices", "4", "--placement", "striped", "--state-width", "1024",
                                       "--value-type", "f32", "--json"}));
  EXPECT_EQ(wide["placement"]["bytes_a_value"], 4);
  EXPECT_EQ(
      wide["placement"]["batches"].back()["bytes"].get<int64_t>() * striped["placement"]["width"].get<int64_t>() * 2,
      bytes * 1024 * 4);
  const std::string file = folder.path() / "placement.txt";
  std::ofstream(file) << "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1\n";
  const Json lopsided = jsonOf(replayWith({"--placement", file, "--json"}));
  EXPECT_GT(lopsided["placement"]["batches"].back()["straggler"], 1.5) << "nearly all of two devices' work is on one";
  const test::Ran piped = run(replayWith({"--placement", "-", "--json"}), {.input = "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1"});
  ASSERT_EQ(piped.status, 0) << piped.err;
  EXPECT_EQ(piped.json()["placement"]["batches"], lopsided["placement"]["batches"]) << "- is standard input";
  std::ofstream(file) << "0 1 2\n";
  const test::Ran wrong = run(replayWith({"--placement", file}));
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.err.find("expected a device number for each of 16 experts, found 3"), std::string::npos) << wrong.err;
}

TEST(CliReplay, WhatBelongsToAPlacementNeedsOne) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--placement", "striped"},
                                                {"--state-width", "64"},
                                                {"--bytes-a-value", "2"},
                                                {"--value-type", "f32"},
                                                {"--device-capacity", "1"}}) {
    const test::Ran ran = run(replayWith(words));
    EXPECT_EQ(ran.status, 2) << words[0];
    EXPECT_NE(ran.err.find("give --devices"), std::string::npos) << ran.err;
  }
  EXPECT_EQ(run(replayWith({"--devices", "17"})).status, 2) << "one expert each at least";
}

TEST(CliReplay, OfRoutedAttentionSaysThatItsRouterStaysAsRecorded) {
  const std::vector<std::string> words = {
      "replay", "--model", test::fixture("models/jetmoe-moa").string(), "--device", "cpu", "--ids", "1,2,3,4"};
  const test::Ran text = run(words);
  ASSERT_EQ(text.status, 0) << text.err;
  EXPECT_NE(text.out.find("the attention router stays as recorded"), std::string::npos) << text.out;
  std::vector<std::string> json = words;
  json.emplace_back("--json");
  EXPECT_EQ(jsonOf(json)["replays"][0]["attention_router"], "as recorded");
  EXPECT_TRUE(jsonOf(replayWith({"--json"}))["replays"][0]["attention_router"].is_null());
}

TEST(CliReplay, WrongUseIsSaid) {
  EXPECT_EQ(run(replayWith({"--policy", "no-such"})).status, 2);
  EXPECT_EQ(run({"replay"}).status, 2);
  const test::Ran locked = run(replayWith({"--policy", "cosine-router"}));
  EXPECT_EQ(locked.status, 1);
  EXPECT_NE(locked.err.find("cosine-router cannot be computed from logits"), std::string::npos) << locked.err;
  const test::Ran k = run(replayWith({"--k", "17"}));
  EXPECT_EQ(k.status, 2);
  EXPECT_NE(k.err.find("expected k from 1 to 16, found 17"), std::string::npos) << k.err;
}

}  // namespace
