#include <array>

#include "core/base/check.h"
#include "core/routing/policy.h"

namespace core {
namespace {

using P = PolicyKind;

constexpr std::array<PolicyInfo, static_cast<size_t>(P::Count)> kPolicies = {{
    {P::TokenChoice, "token-choice", true, false, "Every token takes the k experts of its largest logits.", ""},
    {P::GroupedTopK, "grouped-topk", true, false,
     "Top-k inside the best groups of experts (DeepSeek-V2, V3), a bias in the choice alone.", ""},
    {P::SigmoidTopK, "llama4-router", true, false, "Top-k, weighed by the sigmoid of each logit.", ""},
    {P::SparseMixer, "sparsemixer", true, false, "Two rounds of a masked softmax (PhiMoE); k is 2.", ""},
    {P::NormedLogits, "skywork-norm", true, false, "Logits are brought to one spread before the softmax.", ""},
    {P::ExpertChoice, "expert-choice", false, true,
     "Every expert takes its C best tokens: loads are equal, tokens may get none, and later tokens decide.", ""},
    {P::GlobalChoice, "global-choice", false, true,
     "The T k best entries of the whole layer are taken, whoever they belong to; later tokens decide.", ""},
    {P::Gumbel, "gumbel", true, false, "Draws k experts without replacement from the softmax, with Gumbel noise.", ""},
    {P::NoisyTopK, "noisy-topk", true, false,
     "Top-k of logits with normal noise of one stated deviation (a learned one is made by weights trained with it).",
     ""},
    {P::Sinkhorn, "sinkhorn", false, false,
     "Rows and columns are scaled until every expert has the same mass, then top-k; later tokens decide.", ""},
    {P::BalancedAssignment, "balanced-assignment", false, false,
     "One expert a token, no expert more than T / E rounded up, the sum of logits as large as can be (BASE); later "
     "tokens decide.",
     ""},
    {P::TopP, "top-p", true, true, "Experts by descending probability until their sum exceeds a threshold.", ""},
    {P::Relu, "relu-router", true, true, "Every expert with a positive logit, weighed by it.", ""},
    {P::DifferentiableTopK, "differentiable-topk", true, false,
     "Top-k with a relaxed choice by coordinate descent (CoLT5) as its score; the gate has value 1.", ""},
    {P::Hash, "hash-router", true, false, "A fixed hash of the token id: no context at all.", ""},
    {P::StraightThrough, "straight-through", true, false,
     "Top-k whose experts all weigh 1 / k; soft in its gradient alone, which is the softmax's.", ""},
    {P::Reinforce, "reinforce", true, false,
     "Draws k experts without replacement from the softmax, each weighed by its probability; a reward teaches it.", ""},
    {P::ExpertAttention, "yuan-attention-router", true, false,
     "Logits from a small attention over experts; on a run of such a router they are what was recorded.",
     "its queries, keys and values are weights trained with it, which a run of another router does not hold at any "
     "level of recording"},
    {P::Cosine, "cosine-router", true, false, "Logits are cosines of a projected token with learned expert vectors.",
     "its projection and expert vectors are weights trained with it, which a run of another router does not hold at "
     "any level of recording"},
    {P::SoftMoe, "soft-moe", false, false, "Every slot is a mixture of all tokens.",
     "it mixes the tokens themselves by slot vectors trained with it, which a run of another router does not hold at "
     "any level of recording"},
    {P::DSelectK, "dselect-k", true, false, "k selectors, each a product of smooth steps over a binary code.",
     "its selectors are weights trained with it, which a run of another router does not hold at any level of "
     "recording"},
    {P::BiasUpdate, "bias-update", true, false, "A selection bias that moves after every training step.",
     "it acts between training steps; replay grouped-topk with the bias the run recorded"},
}};

}  // namespace

std::span<const PolicyInfo> policies() { return kPolicies; }

const PolicyInfo& policyInfo(PolicyKind kind) {
  const PolicyInfo& info = kPolicies[static_cast<size_t>(kind)];
  CHECK(info.kind == kind, "the table is out of order at {}", info.name);
  return info;
}

std::optional<PolicyKind> policyNamed(std::string_view name) {
  for (const PolicyInfo& info : kPolicies) {
    if (info.name == name) return info.kind;
  }
  return std::nullopt;
}

}  // namespace core
