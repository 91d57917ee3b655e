#include "core/trace/hooks.h"

#include <array>

#include "core/base/check.h"

namespace core {
namespace {

using enum Capture;
using S = Stream;
constexpr HookType F = HookType::F32;
constexpr HookType I = HookType::I32;

constexpr std::array<HookInfo, static_cast<size_t>(Hook::Count)> kHooks = {{
    {Hook::RouterLogits, "router.logits", "E", F, S::Layer, Routing, "", "Raw router logits, a router bias included.", "l = x W^T (+ b)"},
    {Hook::RouterScores, "router.scores", "E", F, S::Layer, Routing, "", "What the logits become before the choice: a softmax over all experts, or a sigmoid of each.", "p = softmax(l) or s = sigmoid(l)"},
    {Hook::RouterSelection, "router.selection", "E", F, S::Layer, Routing, "", "What top-k saw, where it is not the scores: with selection bias, other groups masked.", "a = s + b, other groups -inf"},
    {Hook::RouterIds, "router.ids", "K", I, S::Layer, Routing, "expert", "Chosen experts, best selection score first; ties go to the lower index.", "top-k"},
    {Hook::RouterWeights, "router.weights", "K", F, S::Layer, Routing, "", "Weight applied to each chosen expert, after any normalisation and scaling, before any drop.", "p_e, or p_e over the chosen sum, times the scale"},
    {Hook::RouterKept, "router.kept", "K", I, S::Layer, Routing, "0 or 1", "Whether the choice found a free slot.", "slot < C"},
    {Hook::RouterSlot, "router.slot", "K", I, S::Layer, Routing, "slot", "Place of the choice in its expert's queue, counting on past the capacity.", "earlier choices of the same expert in serving order"},
    {Hook::RouterMargin, "router.margin", "1", F, S::Layer, Routing, "", "Gap between the k-th and the (k+1)-th selection score; small means a close call. Undefined when there was nothing else to choose.", "a_(k) - a_(k+1)"},
    {Hook::RouterEntropy, "router.entropy", "1", F, S::Layer, Routing, "nats", "How spread out the router's distribution is; ln E for a uniform router.", "-sum_e p_e ln p_e, p = softmax(l) (scores over their sum for sigmoid routers)"},
    {Hook::AttentionRouterLogits, "attn_router.logits", "Ea", F, S::Layer, Routing, "", "Raw logits of the router that chooses attention experts.", "l = x W^T"},
    {Hook::AttentionRouterIds, "attn_router.ids", "Ka", I, S::Layer, Routing, "expert", "Chosen attention experts, best logit first; ties go to the lower index.", "top-k"},
    {Hook::AttentionRouterWeights, "attn_router.weights", "Ka", F, S::Layer, Routing, "", "Weight applied to what each chosen attention expert makes of its heads.", "softmax over the chosen logits"},
    {Hook::AttentionRouterMargin, "attn_router.margin", "1", F, S::Layer, Routing, "", "Gap between the k-th and the (k+1)-th logit of the attention router. Undefined when every expert is chosen.", "l_(k) - l_(k+1)"},
    {Hook::AttentionRouterEntropy, "attn_router.entropy", "1", F, S::Layer, Routing, "nats", "How spread out the attention router's distribution is; ln E for a uniform router.", "-sum_e p_e ln p_e, p = softmax(l)"},
    {Hook::LedgerNorm, "ledger.norm", "P", F, S::Layer, Ledger, "L2 norm", "Length of each part as it enters the residual stream.", "|part|"},
    {Hook::LedgerOutputShare, "ledger.output_projection", "P", F, S::Layer, Ledger, "L2 norm", "How far each part carries the layer's output in the output's own direction; sums to its norm.", "part . out / |out|"},
    {Hook::LedgerUpdateShare, "ledger.update_projection", "P", F, S::Layer, Ledger, "L2 norm", "The same on the layer's update; the residual takes no part and is 0; sums to the update's norm.", "part . (out - in) / |out - in|"},
    {Hook::LedgerOutNorm, "ledger.out_norm", "1", F, S::Layer, Ledger, "L2 norm", "Length of the residual stream after the layer.", "|out|"},
    {Hook::LedgerUpdateNorm, "ledger.update_norm", "1", F, S::Layer, Ledger, "L2 norm", "Length of what the layer changed.", "|out - in|"},
    {Hook::LedgerCosine, "ledger.cosine", "1", F, S::Layer, Ledger, "cosine", "Angle between the routed sum and the shared expert's output; undefined without both.", "routed . shared / (|routed| |shared|)"},
    {Hook::Attention, "attn", "D", F, S::Layer, Full, "", "Attention block's output as it is added to the residual stream.", ""},
    {Hook::Routed, "routed", "D", F, S::Layer, Full, "", "Sum of the routed experts, weighted, before any residual multiplier, or after it where the config says so (parts_as_added).", "sum_j w_j E_j(x)"},
    {Hook::Shared, "shared", "D", F, S::Layer, Full, "", "Shared expert's output after its gate, before any residual multiplier, or after it where the config says so (parts_as_added).", ""},
    {Hook::Dense, "dense", "D", F, S::Layer, Full, "", "Block of a layer without experts, as it is added.", ""},
    {Hook::Out, "out", "D", F, S::Layer, Full, "", "Residual stream after the layer.", ""},
    {Hook::LedgerPredictedEffect, "ledger.predicted_effect", "P", F, S::LayerHead, Ledger, "logits", "Push of each part on the logit of the most likely next token, through the final norm with its scale held; biases are no part.", "part . (g * U[v]) / rms(x_L)"},
    {Hook::LedgerActualEffect, "ledger.actual_effect", "P", F, S::LayerNext, Ledger, "logits", "The same on the logit of the token that really follows.", "part . (g * U[v]) / rms(x_L)"},
    {Hook::Embeddings, "embeddings", "D", F, S::Embeddings, Full, "", "Input of layer 0, after any multiplier.", ""},
    {Hook::Logits, "logits", "V", F, S::Head, Full, "", "Scores of every vocabulary entry for the next token.", ""},
    {Hook::TopIds, "top.ids", "10", I, S::Head, Routing, "token id", "The ten most likely next tokens, best first.", ""},
    {Hook::TopProbabilities, "top.probabilities", "10", F, S::Head, Routing, "probability", "Their probabilities.", "softmax(logits)"},
    {Hook::PredictionEntropy, "prediction.entropy", "1", F, S::Head, Routing, "nats", "How undecided the next-token distribution is.", "-sum_v p_v ln p_v"},
    {Hook::Surprisal, "surprisal", "1", F, S::HeadNext, Routing, "nats", "How unexpected the token that really follows was.", "-ln p(next token)"},
}};

}  // namespace

const HookInfo& hookInfo(Hook hook) {
  const auto index = static_cast<size_t>(hook);
  CHECK(index < kHooks.size() && kHooks[index].hook == hook, "hook {} has no row of its own", index);
  return kHooks[index];
}

bool isOfLayer(Stream stream) {
  return stream == Stream::Layer || stream == Stream::LayerHead || stream == Stream::LayerNext;
}

std::span<const HookInfo> allHooks() { return kHooks; }

std::optional<Hook> hookNamed(std::string_view name) {
  for (const HookInfo& info : kHooks) {
    if (info.name == name) return info.hook;
  }
  return std::nullopt;
}

}  // namespace core
