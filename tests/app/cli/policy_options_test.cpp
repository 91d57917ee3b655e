// Which options of `replay` a policy takes, judged before anything is replayed.
#include "app/cli/policy_options.h"

#include <gtest/gtest.h>

namespace {

core::RouterConfig plainRouter() {
  core::RouterConfig router;
  router.experts = 16;
  router.chosen = 2;
  return router;
}

// What is wrong with `words` for a run of that router, in which a capacity acts or not.
std::string problem(const std::string& words, bool queues = false, const core::RouterConfig& router = plainRouter()) {
  CLI::App app;
  app::PolicyOptionsCli options;
  app::addPolicyOptions(app, options, {"all"});
  try {
    app.parse(words, false);
  } catch (const CLI::ParseError& error) {
    return std::string("not parsed: ") + error.what();
  }
  return app::policyOptionsProblem(options.policy, options, router, queues);
}

TEST(PolicyOptions, ThatThePolicyDoesNotReadAreRefusedByNameAndWithThoseThatDo) {
  EXPECT_EQ(problem("--policy own --jitter 0.1"),
            "--jitter: token-choice, the model's own policy, does not read it; it is read by sparsemixer");
  EXPECT_EQ(problem("--policy gumbel --threshold 0.2"), "--threshold: gumbel does not read it; it is read by top-p");
  EXPECT_EQ(problem("--policy token-choice --groups 4"),
            "--groups: token-choice does not read it; it is read by grouped-topk");
  EXPECT_EQ(problem("--policy token-choice --groups-chosen 4"),
            "--groups-chosen: token-choice does not read it; it is read by grouped-topk");
  EXPECT_EQ(problem("--policy gumbel --noise 1"), "--noise: gumbel does not read it; it is read by noisy-topk");
  EXPECT_EQ(problem("--policy top-p --hash mod"), "--hash: top-p does not read it; it is read by hash-router");
  EXPECT_EQ(problem("--policy hash-router --temperature 2"),
            "--temperature: hash-router does not read it; it is read by every policy but hash-router");
}

TEST(PolicyOptions, ThatThePolicyReadsAreTaken) {
  for (const char* words :
       {"--policy own --k 3 --temperature 2 --weights renorm", "--policy sparsemixer --jitter 0.1 --k 2",
        "--policy gumbel --seed 4", "--policy top-p --threshold 0.2", "--policy noisy-topk --noise 2 --seed 0",
        "--policy grouped-topk --groups 4 --groups-chosen 2 --group-score top2sum --weights sigmoid",
        "--policy skywork-norm --lambda 2", "--policy expert-choice --rounding floor --k 3",
        "--policy hash-router --hash splitmix --seed 8"}) {
    EXPECT_EQ(problem(words), "") << words;
  }
}

TEST(PolicyOptions, ASeedIsForWhatDraws) {
  const std::string readers = "gumbel, noisy-topk, hash-router with splitmix, reinforce, and the order permuted";
  EXPECT_EQ(problem("--policy own --seed 0"),
            "--seed: token-choice, the model's own policy, does not read it; it is read by " + readers);
  EXPECT_EQ(problem("--policy hash-router --seed 1"),
            "--seed: hash-router does not read it with the hash mod; it is read by " + readers);
  EXPECT_EQ(problem("--policy own --seed 7 --order permuted --capacity-factor 1"), "");
}

TEST(PolicyOptions, KIsReadByTheChoiceOrByTheSlots) {
  EXPECT_EQ(problem("--policy top-p --k 3"),
            "--k: top-p does not read it; it is read by every policy but top-p, relu-router, and wherever a capacity "
            "counts slots");
  EXPECT_EQ(problem("--policy top-p --k 3 --capacity-rule gshard"), "");
  EXPECT_EQ(problem("--policy top-p --k 3", true), "") << "the run has slots of its own";
  EXPECT_TRUE(problem("--policy expert-choice --k 3 --capacity-factor 1")
                  .starts_with("--k: expert-choice does not read it beside --capacity-factor;"));
  EXPECT_EQ(problem("--policy expert-choice --k 3 --capacity-factor 1 --capacity-rule gshard"), "");
}

TEST(PolicyOptions, WithAllPoliciesAnOptionIsTakenThatOneOfThemReads) {
  EXPECT_EQ(problem("--policy all --jitter 0.1 --threshold 0.2 --groups 4 --seed 3 --k 3 --weights double_softmax"),
            "");
  EXPECT_EQ(problem("--policy all --order by_score").substr(0, 34), "--order by_score: nothing queues f");
}

TEST(PolicyOptions, OrdersAndSequencesNeedSomethingThatQueuesOrLooksAcross) {
  EXPECT_NE(problem("--policy own --order by_score"), "");
  EXPECT_EQ(problem("--policy own --order by_score --capacity-factor 1"), "");
  EXPECT_EQ(problem("--policy own --order by_score", true), "");
  EXPECT_NE(problem("--policy own --sequence 4"), "");
  EXPECT_EQ(problem("--policy sinkhorn --sequence 4"), "");
  EXPECT_EQ(problem("--policy own --sequence 4 --capacity-rule tutel"), "");
  EXPECT_NE(problem("--policy expert-choice --capacity-factor 1 --order by_score"), "") << "the factor is its mean";
}

TEST(PolicyOptions, ValuesThatTheModelDoesNotTakeAreWrongUsage) {
  EXPECT_EQ(problem("--policy own --k 17"), "token-choice: expected k from 1 to 16, found 17");
  EXPECT_EQ(problem("--policy sparsemixer --k 3"), "sparsemixer: expected k 2 and at least 2 experts, found 3 of 16");
  EXPECT_NE(problem("--policy grouped-topk --groups 3"), "");
}

TEST(PolicyOptions, ALockedPolicyIsRefusedForItsLockAlone) {
  EXPECT_EQ(problem("--policy cosine-router --jitter 1"), "");
  core::RouterConfig attending = plainRouter();
  attending.attentionLogits = true;
  EXPECT_NE(problem("--policy yuan-attention-router --jitter 1", false, attending), "") << "it is computed here";
  EXPECT_EQ(problem("--policy yuan-attention-router --k 3", false, attending), "");
}

TEST(PolicyOptions, AmongAllPoliciesNoneGetsAKThatItCannotTake) {
  app::PolicyOptionsCli options;
  options.k = 4;
  EXPECT_FALSE(app::readBy(core::policyInfo(core::PolicyKind::SparseMixer), options).k);
  EXPECT_FALSE(app::readBy(core::policyInfo(core::PolicyKind::BalancedAssignment), options).k);
  EXPECT_EQ(app::readBy(core::policyInfo(core::PolicyKind::TokenChoice), options).k, 4);
}

}  // namespace
