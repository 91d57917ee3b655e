// Where the gradient would push. For each loss that routers are trained with: minus its derivative by every logit of a
// layer, from the recorded logits and the choices that are shown. One small step of gradient descent moves a logit by
// that much times the learning rate, so a positive push raises it. The losses are means over the tokens of the run,
// hence a push on one token's logit is of the order 1 / T. Counts (f) and thresholds' ranks carry no gradient.
//
//   E = 2, T = 1, l = 0 0, expert 0 chosen, balance of all choices:  f = 1 0, p = .5 .5, L = 2 f.p = 1
//   dL/dl = 2 p (f - f.p) = .5 -.5,  the push is -.5 on expert 0 and .5 on expert 1
//
// Losses see the scores of the model's own router (softmax, its normalised logits first where it has such; sigmoids
// over their sum) and the choices of the trace, be they recorded or a replay's; without their coefficients. The weight
// of a choice has a push of its own: its derivative, where the logits would go if the loss wanted more of that expert.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/engine/router_policy.h"
#include "core/trace/trace.h"

namespace core {

enum class Push : uint8_t {
  BalanceFirst,    // balance_loss.h, FirstChoice
  BalanceTokens,   // PerToken
  BalanceChoices,  // PerChoice
  Importance,      // importance_load.h, CV^2 of summed scores
  Load,            // CV^2 of the smooth load, sigma 1 / E, without a drawn noise
  Z,               // z_loss.h
  Information,     // mutual_information.h, H(e|t) - H(e)
  Count
};

struct PushInfo {
  Push push;
  std::string_view name;     // "push.balance.switch"; (T, E) of a layer
  std::string_view unit;     // "loss per logit", "nats per logit"
  std::string_view meaning;  // one sentence
  std::string_view formula;
  std::string_view golden;  // the golden file of the loss
};
const PushInfo& pushInfo(Push push);
inline constexpr int kPushes = static_cast<int>(Push::Count);

struct LayerPush {
  Push push = Push::Z;
  double loss = 0;            // its value over the layer
  double reference = 0;       // for a uniform router (balance), else its least; NaN: none
  std::vector<double> value;  // (T, E), minus the derivative by the logit
  double largest = 0;         // of the absolute values
};

// All of them for one layer, in the order of the table. Errors: no logits or choices recorded there.
Result<std::vector<LayerPush>> pushesOf(const Trace& trace, int layer);

// The derivative of the applied weight of a token's choice in place `rank` by each logit, choices held fixed. `policy`
// is what decided the trace. Errors: nothing recorded there, no such choice, a policy without an analytic gradient.
Result<std::vector<double>> weightPush(const Trace& trace, const Policy& policy, int layer, int token, int rank);
inline constexpr std::string_view kWeightPushName = "push.weight", kWeightPushUnit = "weight per logit";

// The policy that decided a trace, as far as the trace says: the model's own, or a replay's whose settings are the
// usual ones.
Result<Policy> policyBehind(const Trace& trace);

}  // namespace core
