#include "gpu/model_upload.h"

namespace gpu {
namespace {

// Calls visit(weight, name) for every matrix stack and vector of a layer, and stops at the first error.
struct Uploader {
  DeviceWeights& to;
  core::Status status;

  void add(const std::vector<const core::Linear*>& experts, Matrix& matrix, const char* what, size_t layer) {
    if (!status) return;
    auto added = to.add(experts, fmt::format("layer {} {}", layer, what));
    if (added) matrix = std::move(*added);
    if (!added) status = tl::unexpected(added.error());
  }
  void add(const core::Linear& linear, Matrix& matrix, const char* what, size_t layer) {
    add(std::vector{&linear}, matrix, what, layer);
  }
  void add(const core::Norm& norm, NormViews& views, const char* what, size_t layer) {
    add(norm.weight, views.weight, what, layer);
    add(norm.bias, views.bias, what, layer);
  }
  void add(const core::Tensor& vector, View& view, const char* what, size_t layer) {
    if (!status) return;
    auto added = to.add(vector, fmt::format("layer {} {}", layer, what));
    if (added) view = *added;
    if (!added) status = tl::unexpected(added.error());
  }
  void add(const core::Mlp& mlp, MlpMatrices& matrices, const char* what, size_t layer) {
    add(mlp.gate, matrices.gate, what, layer);
    add(mlp.up, matrices.up, what, layer);
    add(mlp.down, matrices.down, what, layer);
  }
};

uint64_t bytesOfMlp(const core::Mlp& mlp, uint64_t alignment) {
  return DeviceWeights::storedBytes(mlp.gate, alignment) + DeviceWeights::storedBytes(mlp.up, alignment) +
         DeviceWeights::storedBytes(mlp.down, alignment);
}

uint64_t bytesOfNorm(const core::Norm& norm, uint64_t alignment) {
  return DeviceWeights::storedBytes(norm.weight, alignment) + DeviceWeights::storedBytes(norm.bias, alignment);
}

uint64_t bytesOfLayer(const core::LayerWeights& layer, uint64_t alignment) {
  uint64_t bytes = bytesOfMlp(layer.shared, alignment) + bytesOfMlp(layer.dense, alignment);
  for (const core::Mlp& expert : layer.experts) bytes += bytesOfMlp(expert, alignment);
  for (const core::Linear* linear :
       {&layer.query, &layer.key, &layer.value, &layer.output, &layer.router, &layer.sharedGate, &layer.queryDown,
        &layer.keyValueDown, &layer.sharedKey, &layer.keyValueUp, &layer.filterFirst, &layer.filterSecond,
        &layer.routerKey, &layer.routerValue, &layer.attentionRouter}) {
    bytes += DeviceWeights::storedBytes(*linear, alignment);
  }
  for (const core::Norm* norm :
       {&layer.inputNorm, &layer.queryNorm, &layer.keyNorm, &layer.attentionPostNorm, &layer.blockNorm,
        &layer.blockPostNorm, &layer.sharedNorm, &layer.queryDownNorm, &layer.keyValueDownNorm, &layer.filterNorm}) {
    bytes += bytesOfNorm(*norm, alignment);
  }
  for (const auto* experts : {&layer.attentionQueries, &layer.attentionOutputs}) {
    for (const core::Linear& expert : *experts) bytes += DeviceWeights::storedBytes(expert, alignment);
  }
  if (!layer.attentionOutputs.empty()) bytes += DeviceWeights::storedBytes(layer.output.bias, alignment);
  return bytes + DeviceWeights::storedBytes(layer.sinks, alignment) +
         DeviceWeights::storedBytes(layer.selectionBias, alignment) +
         DeviceWeights::storedBytes(layer.routedBias, alignment);
}

void uploadLayer(Uploader& uploader, const core::LayerWeights& from, DeviceLayer& to, size_t l) {
  uploader.add(from.inputNorm, to.inputNorm, "input norm", l);
  uploader.add(from.attentionPostNorm, to.attentionPostNorm, "norm after attention", l);
  uploader.add(from.blockNorm, to.blockNorm, "block norm", l);
  uploader.add(from.blockPostNorm, to.blockPostNorm, "norm after the block", l);
  uploader.add(from.sharedNorm, to.sharedNorm, "shared norm", l);
  uploader.add(from.queryNorm, to.queryNorm, "query norm", l);
  uploader.add(from.keyNorm, to.keyNorm, "key norm", l);
  uploader.add(from.sinks, to.sinks, "attention sinks", l);
  uploader.add(from.queryDownNorm, to.queryDownNorm, "squeezed query norm", l);
  uploader.add(from.keyValueDownNorm, to.keyValueDownNorm, "latent norm", l);
  uploader.add(from.selectionBias, to.selectionBias, "selection bias", l);
  uploader.add(from.queryDown, to.queryDown, "squeezed query", l);
  uploader.add(from.keyValueDown, to.keyValueDown, "latent", l);
  uploader.add(from.sharedKey, to.sharedKey, "shared key", l);
  uploader.add(from.keyValueUp, to.keyValueUp, "keys and values of the latent", l);
  uploader.add(from.filterFirst, to.filterFirst, "filter", l);
  uploader.add(from.filterSecond, to.filterSecond, "filter", l);
  uploader.add(from.filterNorm, to.filterNorm, "filter norm", l);
  uploader.add(from.attentionRouter, to.attentionRouter, "attention router", l);
  uploader.add(from.routerKey, to.routerKey, "router's keys", l);
  uploader.add(from.routerValue, to.routerValue, "router's values", l);
  uploader.add(from.routedBias, to.routedBias, "bias after the experts", l);
  uploader.add(from.query, to.query, "query", l);
  uploader.add(from.key, to.key, "key", l);
  uploader.add(from.value, to.value, "value", l);
  uploader.add(from.output, to.output, "attention output", l);
  uploader.add(from.router, to.router, "router", l);
  uploader.add(from.sharedGate, to.sharedGate, "shared expert's gate", l);
  uploader.add(from.shared, to.shared, "shared expert", l);
  uploader.add(from.dense, to.dense, "dense block", l);
  std::vector<const core::Linear*> gates, ups, downs;
  for (const core::Mlp& expert : from.experts) {
    gates.push_back(&expert.gate);
    ups.push_back(&expert.up);
    downs.push_back(&expert.down);
  }
  std::vector<const core::Linear*> queries, outputs;
  for (const core::Linear& expert : from.attentionQueries) queries.push_back(&expert);
  for (const core::Linear& expert : from.attentionOutputs) outputs.push_back(&expert);
  uploader.add(queries, to.attentionQueries, "attention experts", l);
  uploader.add(outputs, to.attentionOutputs, "attention experts", l);
  if (!outputs.empty()) uploader.add(from.output.bias, to.outputBias, "bias after the attention experts", l);
  uploader.add(gates, to.experts.gate, "experts", l);
  uploader.add(ups, to.experts.up, "experts", l);
  uploader.add(downs, to.experts.down, "experts", l);
}

}  // namespace

core::Result<UploadedModel> uploadModel(const std::shared_ptr<Device>& device, const core::Model& model,
                                        const std::function<bool(double share)>& uploading) {
  const core::Weights& weights = model.weights;
  const bool tied = weights.output.weight.data == weights.embedding.data;
  core::Linear embedding;
  embedding.weight = weights.embedding;
  uint64_t bytes = DeviceWeights::storedBytes(embedding, device->alignment());
  bytes += tied ? DeviceWeights::storedBytes(weights.output.bias, device->alignment())
                : DeviceWeights::storedBytes(weights.output, device->alignment());
  bytes += bytesOfNorm(weights.finalNorm, device->alignment());
  // Norms without a weight are run with one of ones.
  const std::vector<float> ones(static_cast<size_t>(model.config.attention.headDim), 1);
  core::Tensor noWeight;
  if (model.config.attention.qkNorm == core::QkNorm::Weightless) {
    noWeight = {reinterpret_cast<const std::byte*>(ones.data()), core::DType::F32, {model.config.attention.headDim}};
  }
  bytes += DeviceWeights::storedBytes(noWeight, device->alignment());
  for (const core::LayerWeights& layer : weights.layer) bytes += bytesOfLayer(layer, device->alignment());
  if (bytes > device->localHeapBytes()) {
    return core::fail("{} needs {} bytes for its weights, {} has {}; run it on the processor or on a larger device",
                      model.name, bytes, device->report().name, device->localHeapBytes());
  }

  UploadedModel uploaded;
  uploaded.memory = std::make_unique<DeviceWeights>(device, bytes);
  DeviceModel& to = uploaded.model;
  TRY_ASSIGN(to.embedding, uploaded.memory->add(embedding, "embedding"));
  to.logits = to.embedding;
  if (tied) {
    TRY_ASSIGN(to.logits.bias, uploaded.memory->add(weights.output.bias, "output bias"));
  } else {
    TRY_ASSIGN(to.logits, uploaded.memory->add(weights.output, "output"));
  }
  TRY_ASSIGN(to.finalNorm.weight, uploaded.memory->add(weights.finalNorm.weight, "final norm"));
  TRY_ASSIGN(to.finalNorm.bias, uploaded.memory->add(weights.finalNorm.bias, "final norm"));
  to.layers.resize(weights.layer.size());
  Uploader uploader{*uploaded.memory, {}};
  for (size_t l = 0; l < weights.layer.size(); ++l) {
    uploadLayer(uploader, weights.layer[l], to.layers[l], l);
    TRY_STATUS(uploader.status);
    const double share = static_cast<double>(l + 1) / static_cast<double>(weights.layer.size());
    if (uploading && !uploading(share)) return core::cancelled();
  }
  if (noWeight) {
    TRY_ASSIGN(const View view, uploaded.memory->add(noWeight, "weightless norms"));
    for (DeviceLayer& layer : to.layers) layer.queryNorm.weight = layer.keyNorm.weight = view;
  }
  uploaded.memory->finish();
  // Bytes read from a file that changed meanwhile are not the model's.
  if (model.storage) TRY_STATUS(model.storage->check());
  return uploaded;
}

}  // namespace gpu
