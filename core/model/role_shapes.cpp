// The shape of every role's tensor, by the sizes of the config.
#include <algorithm>

#include "core/model/bind.h"

namespace core {

std::vector<int64_t> shapeOf(Role role, const ModelConfig& model) {
  const int64_t width = model.width;
  const int64_t heads = int64_t{model.attention.heads} * model.attention.headDim;
  const int64_t keyValue = int64_t{model.attention.keyValueHeads} * model.attention.headDim;
  const int64_t values = int64_t{model.attention.heads} * model.attention.valueDim();
  const LatentAttention& latent = model.attention.latent;
  const int64_t gates = model.activation == Activation::TripleSwiGlu ? 2 : 1;
  const int64_t grouped = int64_t{model.attention.keyValueHeads} * model.attention.headDim;  // of an attention expert
  int64_t dense = 0;
  for (const LayerConfig& layer : model.layer) dense = std::max(dense, int64_t{layer.denseHidden});
  switch (role) {
    case Role::Embedding:
    case Role::OutputMatrix:
      return {model.vocabulary, width};
    case Role::OutputMatrixBias:
      return {model.vocabulary};
    case Role::FinalNorm:
    case Role::FinalNormBias:
    case Role::InputNorm:
    case Role::InputNormBias:
    case Role::AttentionPostNorm:
    case Role::BlockNorm:
    case Role::BlockNormBias:
    case Role::BlockPostNorm:
    case Role::AttentionOutputBias:
    case Role::FilterSecondBias:
    case Role::FilterNorm:
    case Role::RoutedBias:
    case Role::SharedNorm:
      return {width};
    case Role::Query:
      return {heads, latent.queryRank > 0 ? latent.queryRank : width};
    case Role::QueryDown:
      return {latent.queryRank, width};
    case Role::QueryDownBias:
    case Role::QueryDownNorm:
      return {latent.queryRank};
    case Role::KeyValueDown:
      return {latent.keyValueRank + latent.ropeDim, width};
    case Role::KeyValueDownBias:
      return {latent.keyValueRank + latent.ropeDim};
    case Role::KeyValueDownNorm:
      return {latent.keyValueRank};
    case Role::KeyValueUp:
      return {int64_t{model.attention.heads} * (latent.nopeDim + latent.valueDim), latent.keyValueRank};
    case Role::QueryBias:
      return {heads};
    case Role::QueryNorm:
      return {model.attention.qkNorm == QkNorm::PerHead ? model.attention.headDim : heads};
    case Role::Key:
    case Role::Value:
      return {keyValue, width};
    case Role::KeyBias:
    case Role::ValueBias:
      return {keyValue};
    case Role::KeyNorm:
      return {model.attention.qkNorm == QkNorm::PerHead ? model.attention.headDim : keyValue};
    case Role::AttentionOutput:
      return {width, values};
    case Role::DenseGate:
      return {gates * dense, width};
    case Role::DenseUp:
      return {dense, width};
    case Role::DenseDown:
      return {width, dense};
    case Role::Sinks:
      return {model.attention.heads};
    case Role::RouterBias:
    case Role::SelectionBias:
      return {model.router.experts};
    case Role::Router:
    case Role::RouterKey:
    case Role::RouterValue:
      return {model.router.experts, width};
    case Role::FilterFirst:
      return {width / 2, 2 * width};
    case Role::FilterFirstBias:
      return {width / 2};
    case Role::FilterSecond:
      return {width, width / 2 * 2};
    case Role::AttentionRouter:
      return {model.attentionRouter.experts, width};
    case Role::AttentionExpertQuery:
      return {grouped, width};
    case Role::AttentionExpertOutput:
      return {width, grouped};
    case Role::SharedGate:
      return {gates * model.sharedHidden, width};
    case Role::SharedUp:
      return {model.sharedHidden, width};
    case Role::SharedDown:
      return {width, model.sharedHidden};
    case Role::SharedMix:
      return {1, width};
    case Role::ExpertGate:
      return {gates * model.expertHidden, width};
    case Role::ExpertGateBias:
      return {gates * model.expertHidden};
    case Role::ExpertUpBias:
      return {model.expertHidden};
    case Role::ExpertDownBias:
      return {width};
    case Role::ExpertUp:
      return {model.expertHidden, width};
    case Role::ExpertDown:
      return {width, model.expertHidden};
  }
  return {};
}

namespace {

Share shareOfQkv(Role role, const ModelConfig& model) {
  const int64_t queries = shapeOf(Role::QueryBias, model)[0], keys = shapeOf(Role::KeyBias, model)[0];
  const bool isQuery = role == Role::Query || role == Role::QueryBias;
  const bool isKey = role == Role::Key || role == Role::KeyBias;
  return {queries + 2 * keys, isQuery ? 0 : isKey ? queries : queries + keys};
}

}  // namespace

Share shareOf(const TensorRule& rule, int64_t rows, const ModelConfig& model) {
  switch (rule.part) {
    case Part::Whole:
      return {rows, 0};
    case Part::FirstHalf:
    case Part::Even:
    case Part::Odd:
      return {2 * rows, 0};
    case Part::SecondHalf:
      return {2 * rows, rows};
    case Part::FirstThird:
      return {3 * rows, 0};
    case Part::MiddleThird:
      return {3 * rows, rows};
    case Part::LastThird:
      return {3 * rows, 2 * rows};
    case Part::OfQkv:
      return shareOfQkv(rule.role, model);
  }
  return {};
}

}  // namespace core
