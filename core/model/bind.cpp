#include "core/model/bind.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>

#include "core/model/quant/mxfp4_pairs.h"
#include "core/model/rearrange.h"

namespace core {
namespace {

constexpr int kNone = -1;

bool isAttentionExpert(Role role) { return role == Role::AttentionExpertQuery || role == Role::AttentionExpertOutput; }

bool isExpert(Role role) {
  if (isAttentionExpert(role)) return true;
  return role == Role::ExpertGate || role == Role::ExpertGateBias || role == Role::ExpertUp ||
         role == Role::ExpertUpBias || role == Role::ExpertDown || role == Role::ExpertDownBias;
}

// Convolutions of kernel 2 over the positions are matrices over pairs of features, stored with their axes apart.
bool isConvolution(Role role) { return role == Role::FilterFirst || role == Role::FilterSecond; }

std::string expand(std::string_view pattern, int layer, int expert) {
  std::string name;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (rest.starts_with("{l}") || rest.starts_with("{e}")) {
      name += std::to_string(rest[1] == 'l' ? layer : expert);
      i += 2;
    } else {
      name += pattern[i];
    }
  }
  return name;
}

// GGUF files write (1, n) and (n) for the same, and lists of sizes may end in ones.
bool sameShape(std::span<const int64_t> found, std::span<const int64_t> expected) {
  while (found.size() > 1 && found.front() == 1) found = found.subspan(1);
  while (expected.size() > 1 && expected.front() == 1) expected = expected.subspan(1);
  return std::equal(found.begin(), found.end(), expected.begin(), expected.end());
}

// `count` outputs of a matrix from `first` on, its bias likewise; of an absent matrix nothing.
Linear rowsOf(const Linear& linear, int64_t first, int64_t count) {
  Linear part;
  for (auto [from, to] : {std::pair{&linear.weight, &part.weight}, {&linear.bias, &part.bias}}) {
    if (!*from) continue;
    *to = *from;
    to->data += from->bytes() / static_cast<size_t>(from->shape[0]) * static_cast<size_t>(first);
    to->shape[0] = count;
  }
  return part;
}

class Binder {
 public:
  Binder(const Family& family, FamilyConfig& config, WeightFiles& files)
      : m_prefix(family.prefix),
        m_config(config),
        m_model(config.model),
        m_files(files),
        m_used(files.all().size(), false) {
    for (const TensorRule& rule : family.tensors) m_rules[rule.role].push_back(&rule);
  }

  Result<Weights> run() {
    Weights weights;
    TRY_STATUS(bindEnds(weights));
    weights.layer.resize(static_cast<size_t>(m_model.layers));
    for (int l = 0; l < m_model.layers; ++l) TRY_STATUS(bindLayer(l, weights.layer[static_cast<size_t>(l)]));
    noteUnused();
    return weights;
  }

 private:
  struct Choice {
    const TensorRule* rule = nullptr;
    const WeightFiles::Found* found = nullptr;
    std::string name;
  };

  bool applies(const TensorRule& rule) const {
    switch (rule.when) {
      case When::Always:
        return true;
      case When::QkvBias:
        return m_config.qkvBias;
      case When::OutputBias:
        return m_config.outputBias;
      case When::HeadBias:
        return m_config.headBias;
      case When::SqueezedQuery:
        return m_model.attention.latent.queryRank > 0;
      case When::SqueezedQueryBias:
        return m_model.attention.latent.queryRank > 0 && m_config.qkvBias;
      case When::DirectQuery:
        return m_model.attention.latent.queryRank == 0;
    }
    return false;
  }

  // The first rule of this role whose tensor is in the files; else the first rule, with nothing found.
  Choice choose(Role role, int layer, int expert) {
    Choice choice;
    const auto rules = m_rules.find(role);
    if (rules == m_rules.end()) return choice;
    for (const TensorRule* rule : rules->second) {
      if (!applies(*rule)) continue;
      std::string name = expand(rule->name, layer, expert);
      const WeightFiles::Found* found = m_files.find(name);
      if (!found && !m_prefix.empty()) found = m_files.find(std::string(m_prefix) + name);
      if (found) m_used[static_cast<size_t>(found - m_files.all().data())] = true;
      if (found || !choice.rule) choice = {rule, found, std::move(name)};
      if (found) return choice;
    }
    return choice;
  }

  // Binds into `tensor`; a role for which the family has no rule stays empty.
  Status bind(Role role, Tensor& tensor, int layer = kNone, int expert = kNone) {
    const Choice choice = choose(role, layer, expert);
    if (!choice.rule) return {};
    return bind(role, choice, tensor, expert);
  }

  Status bind(Role role, const Choice& choice, Tensor& tensor, int expert) {
    const std::vector<int64_t> shape = shapeOf(role, m_model);  // (out, in) or (n)
    const TensorRule& rule = *choice.rule;
    const bool stacked = isExpert(role) && rule.name.find("{e}") == rule.name.npos;
    std::vector<int64_t> stored = shape;
    const Share share = shareOf(rule, shape[0], m_model);
    stored[0] = share.rows;
    const std::vector<int64_t> whole = stored;
    if (rule.layout == Layout::InOut) std::swap(stored[0], stored[1]);
    if (isConvolution(role)) stored = {shape[0], shape[1] / 2, 2, 1};
    if (stacked)
      stored.insert(stored.begin(), (isAttentionExpert(role) ? m_model.attentionRouter : m_model.router).experts);
    if (!choice.found) {
      return fail("{}: {}: expected {}, found no such tensor; the file may belong to another config.json",
                  m_files.place(), choice.name, shapeText(stored));
    }
    if (rule.layout == Layout::Mxfp4) return bindMxfp4(choice, tensor, shape, whole, expert);
    if (rule.layout == Layout::HeadKeys) return bindHeadKeys(choice, tensor, shape);
    const WeightFiles::Found& found = *choice.found;
    const bool fits = m_files.ggufHeader()
                          ? sameShape(found.shape, stored)
                          : std::equal(found.shape.begin(), found.shape.end(), stored.begin(), stored.end());
    if (!fits) {
      return fail("{}: {}: expected {} by {}, found {}; the two may belong to different models", found.fileName(),
                  choice.name, shapeText(stored), m_files.ggufHeader() ? "the metadata" : "config.json",
                  shapeText({found.shape.begin(), found.shape.end()}));
    }
    const std::optional<DType> type = found.type;
    const bool asItLies = shape.size() > 1 && rule.layout == Layout::OutIn;  // blocks of a row cannot be turned
    if (!type || (isQuantised(*type) && !asItLies)) {
      return fail("{}: {}: expected F32, F16 or BF16, found {}; convert the weights first", found.fileName(),
                  choice.name, found.typeName);
    }
    tensor.type = *type;
    tensor.shape = shape;
    const size_t matrix = bytesOf(*type, static_cast<size_t>(whole[0] * (whole.size() > 1 ? whole[1] : 1)));
    const std::byte* data = choice.found->data() + (stacked ? matrix * static_cast<size_t>(expert) : 0);
    if (rule.layout == Layout::InOut) data = turned(*choice.found, data, matrix, whole, *type);
    if (rule.part == Part::Even || rule.part == Part::Odd) {
      data =
          everySecond(data + (rule.part == Part::Odd ? matrix / static_cast<size_t>(whole[0]) : 0), matrix, whole[0]);
    }
    tensor.data = data + matrix / static_cast<size_t>(share.rows) * static_cast<size_t>(share.first);
    return {};
  }

  // A matrix of a stack in MXFP4, or every second row of it. shape, whole: (out, in) of what is wanted and of what is
  // stored. The blocks' bytes are put into the order that kernels read.
  Status bindMxfp4(const Choice& choice, Tensor& tensor, const std::vector<int64_t>& shape,
                   const std::vector<int64_t>& whole, int expert) {
    const int64_t in = whole[1], blocks = in / kMxfp4Elements, experts = m_model.router.experts;
    if (in % kMxfp4Elements != 0) {
      return fail("{}: {}: expected rows of a multiple of {} elements, found {} by config.json",
                  choice.found->fileName(), choice.name, kMxfp4Elements, in);
    }
    const std::string scalesName = choice.name.substr(0, choice.name.rfind("blocks")) + "scales";
    const WeightFiles::Found* scales = m_files.find(scalesName);
    if (!scales) return fail("{}: {}: expected beside the blocks, found no such tensor", m_files.place(), scalesName);
    m_used[static_cast<size_t>(scales - m_files.all().data())] = true;
    const auto fits = [&](const WeightFiles::Found& found, const std::vector<int64_t>& expected) -> Status {
      if (std::equal(found.shape.begin(), found.shape.end(), expected.begin(), expected.end()) &&
          std::string_view(found.typeName) == "U8") {
        return {};
      }
      return fail("{}: {}: expected {} of U8 by config.json, found {} of {}", found.fileName(), quotedName(found.name),
                  shapeText(expected), shapeText({found.shape.begin(), found.shape.end()}), found.typeName);
    };
    TRY_STATUS(fits(*choice.found, {experts, whole[0], blocks, kMxfp4NibbleBytes}));
    TRY_STATUS(fits(*scales, {experts, whole[0], blocks}));
    tensor.type = DType::MXFP4;
    tensor.shape = shape;
    const size_t rowBytes = bytesOf(tensor.type, static_cast<size_t>(in));
    std::byte* to = m_files.own(static_cast<size_t>(shape[0]) * rowBytes);
    tensor.data = to;
    const int64_t step = choice.rule->part == Part::Whole ? 1 : 2;
    const int64_t first = expert * whole[0] + (choice.rule->part == Part::Odd ? 1 : 0);
    for (int64_t row = 0; row < shape[0]; ++row, to += rowBytes) {
      const int64_t block = (first + row * step) * blocks;
      blocksFromMxfp4Pairs(choice.found->data() + block * kMxfp4NibbleBytes, scales->data() + block, blocks, to);
    }
    const auto expertBlocks = static_cast<size_t>(whole[0] * blocks);
    const MappedFile& file = *choice.found->file;
    file.release(static_cast<size_t>(choice.found->data() - file.data()) +
                     static_cast<size_t>(expert) * expertBlocks * kMxfp4NibbleBytes,
                 expertBlocks * kMxfp4NibbleBytes);
    return {};
  }

  // Keys and values of the heads, which some files keep apart, in one matrix (see rearrange.h).
  Status bindHeadKeys(const Choice& choice, Tensor& tensor, const std::vector<int64_t>& shape) {
    const LatentAttention& latent = m_model.attention.latent;
    const int64_t heads = m_model.attention.heads, rank = latent.keyValueRank;
    const WeightFiles::Found& keys = *choice.found;
    std::string valuesName = choice.name;
    valuesName.replace(valuesName.find("attn_k_b"), 8, "attn_v_b");
    const WeightFiles::Found* values = m_files.find(valuesName);
    if (!values) return fail("{}: {}: expected beside the keys, found no such tensor", m_files.place(), valuesName);
    m_used[static_cast<size_t>(values - m_files.all().data())] = true;
    const auto fits = [&](const WeightFiles::Found& found, const std::vector<int64_t>& expected) -> Status {
      if (sameShape(found.shape, expected) && found.type) return {};
      return fail("{}: {}: expected {} of a type that is computed with, found {} of {}", found.fileName(),
                  quotedName(found.name), shapeText(expected), shapeText({found.shape.begin(), found.shape.end()}),
                  found.typeName);
    };
    TRY_STATUS(fits(keys, {heads, rank, latent.nopeDim}));
    TRY_STATUS(fits(*values, {heads, latent.valueDim, rank}));
    const HeadKeys parts{*keys.type, *values->type, keys.data(),    values->data(),
                         heads,      rank,          latent.nopeDim, latent.valueDim};
    tensor.type = parts.type();
    tensor.shape = shape;
    std::byte* to = m_files.own(bytesOf(tensor.type, static_cast<size_t>(shape[0] * shape[1])));
    joinHeadKeys(parts, to);
    tensor.data = to;
    return {};
  }

  // Rows 0, 2, 4, ... from `from` on, of a matrix of so many bytes and rows.
  const std::byte* everySecond(const std::byte* from, size_t bytes, int64_t rows) {
    const size_t row = bytes / static_cast<size_t>(rows);
    std::byte* to = m_files.own(bytes / 2);
    for (size_t r = 0; r < static_cast<size_t>(rows) / 2; ++r) std::memcpy(to + r * row, from + 2 * r * row, row);
    return to;
  }

  const std::byte* turned(const WeightFiles::Found& found, const std::byte* from, size_t bytes,
                          const std::vector<int64_t>& whole, DType type) {
    std::byte* to = m_files.own(bytes);
    turnMatrix(from, to, whole[1], whole[0], bytesOf(type));
    const MappedFile& file = *found.file;
    file.release(static_cast<size_t>(from - file.data()), bytes);
    return to;
  }

  // Embedding and output may be one tensor. As in transformers: a file that has both, with different values, is not
  // tied whatever the config says; a file that has one of them uses it for both.
  Status bindEnds(Weights& weights) {
    TRY_STATUS(bind(Role::FinalNorm, weights.finalNorm.weight));
    TRY_STATUS(bind(Role::FinalNormBias, weights.finalNorm.bias));
    TRY_STATUS(bind(Role::OutputMatrixBias, weights.output.bias));
    const Choice input = choose(Role::Embedding, kNone, kNone);
    const Choice output = choose(Role::OutputMatrix, kNone, kNone);
    if (!m_model.tiedEmbeddings) {
      TRY_STATUS(bind(Role::Embedding, input, weights.embedding, kNone));
      return bind(Role::OutputMatrix, output, weights.output.weight, kNone);
    }
    const Choice& first = input.found || !output.found ? input : output;
    TRY_STATUS(bind(Role::Embedding, first, weights.embedding, kNone));
    weights.output.weight = weights.embedding;
    if (!input.found || !output.found) return {};
    TRY_STATUS(bind(Role::OutputMatrix, output, weights.output.weight, kNone));
    const Tensor& a = weights.embedding;
    const Tensor& b = weights.output.weight;
    if (a.type == b.type && std::memcmp(a.data, b.data, a.bytes()) == 0) {
      weights.output.weight = weights.embedding;
      return {};
    }
    m_model.tiedEmbeddings = false;
    m_model.disagreements.push_back(
        "tie_word_embeddings is true, but the file has an output matrix of its own; it is used, as in transformers 5 "
        "(its versions 4 used the embedding)");
    return {};
  }

  Status bindLayer(int l, LayerWeights& layer) {
    TRY_STATUS(bind(Role::InputNorm, layer.inputNorm.weight, l));
    TRY_STATUS(bind(Role::InputNormBias, layer.inputNorm.bias, l));
    TRY_STATUS(bind(Role::Query, layer.query.weight, l));
    TRY_STATUS(bind(Role::QueryBias, layer.query.bias, l));
    TRY_STATUS(bind(Role::Key, layer.key.weight, l));
    TRY_STATUS(bind(Role::KeyBias, layer.key.bias, l));
    TRY_STATUS(bind(Role::Value, layer.value.weight, l));
    TRY_STATUS(bind(Role::ValueBias, layer.value.bias, l));
    TRY_STATUS(bind(Role::AttentionOutput, layer.output.weight, l));
    TRY_STATUS(bind(Role::AttentionOutputBias, layer.output.bias, l));
    if (m_config.headsHoldQueryAndKey) TRY_STATUS(cutIntoHeads(layer));
    TRY_STATUS(bind(Role::Sinks, layer.sinks, l));
    if (m_model.attention.localFilter) TRY_STATUS(bindFilter(l, layer));
    if (m_model.attentionRouter.experts > 0) TRY_STATUS(bindAttentionExperts(l, layer));
    TRY_STATUS(bind(Role::QueryNorm, layer.queryNorm.weight, l));
    TRY_STATUS(bind(Role::KeyNorm, layer.keyNorm.weight, l));
    TRY_STATUS(bind(Role::AttentionPostNorm, layer.attentionPostNorm.weight, l));
    TRY_STATUS(bindLatent(l, layer));
    TRY_STATUS(bind(Role::BlockNorm, layer.blockNorm.weight, l));
    TRY_STATUS(bind(Role::BlockNormBias, layer.blockNorm.bias, l));
    TRY_STATUS(bind(Role::BlockPostNorm, layer.blockPostNorm.weight, l));
    if (m_model.layer[static_cast<size_t>(l)].moe) return bindRouted(l, layer);
    TRY_STATUS(bind(Role::DenseGate, layer.dense.gate.weight, l));
    TRY_STATUS(bind(Role::DenseUp, layer.dense.up.weight, l));
    return bind(Role::DenseDown, layer.dense.down.weight, l);
  }

  // One matrix of the files makes the latent and the shared part of the keys: its rows are handed out as two.
  Status bindLatent(int l, LayerWeights& layer) {
    TRY_STATUS(bind(Role::QueryDown, layer.queryDown.weight, l));
    TRY_STATUS(bind(Role::QueryDownBias, layer.queryDown.bias, l));
    TRY_STATUS(bind(Role::QueryDownNorm, layer.queryDownNorm.weight, l));
    TRY_STATUS(bind(Role::KeyValueDownNorm, layer.keyValueDownNorm.weight, l));
    TRY_STATUS(bind(Role::KeyValueUp, layer.keyValueUp.weight, l));
    Linear down;
    TRY_STATUS(bind(Role::KeyValueDown, down.weight, l));
    TRY_STATUS(bind(Role::KeyValueDownBias, down.bias, l));
    const LatentAttention& latent = m_model.attention.latent;
    layer.keyValueDown = rowsOf(down, 0, latent.keyValueRank);
    layer.sharedKey = rowsOf(down, latent.keyValueRank, latent.ropeDim);
    return {};
  }

  Status bindFilter(int l, LayerWeights& layer) {
    TRY_STATUS(bind(Role::FilterFirst, layer.filterFirst.weight, l));
    TRY_STATUS(bind(Role::FilterFirstBias, layer.filterFirst.bias, l));
    TRY_STATUS(bind(Role::FilterSecond, layer.filterSecond.weight, l));
    TRY_STATUS(bind(Role::FilterSecondBias, layer.filterSecond.bias, l));
    return bind(Role::FilterNorm, layer.filterNorm.weight, l);
  }

  // Both projections, one under the other, hold 2 A pieces of P rows: the query of head 0, its key, the query of head
  // 1, and so on. Copies, since the pieces of one kind do not lie together.
  Status cutIntoHeads(LayerWeights& layer) {
    Tensor& query = layer.query.weight;
    Tensor& key = layer.key.weight;
    if (query.type != key.type) {
      return fail("{}: expected queries and keys of one type, found {} and {}", m_files.place(), nameOf(query.type),
                  nameOf(key.type));
    }
    const auto heads = static_cast<size_t>(m_model.attention.heads);
    const size_t piece = query.bytes() / heads;
    std::byte* queries = m_files.own(query.bytes());
    std::byte* keys = m_files.own(key.bytes());
    for (size_t i = 0; i < 2 * heads; ++i) {
      const std::byte* from = i < heads ? query.data + i * piece : key.data + (i - heads) * piece;
      std::memcpy((i % 2 == 0 ? queries : keys) + i / 2 * piece, from, piece);
    }
    query.data = queries;
    key.data = keys;
    return {};
  }

  Status bindAttentionExperts(int l, LayerWeights& layer) {
    TRY_STATUS(bind(Role::AttentionRouter, layer.attentionRouter.weight, l));
    TRY_STATUS(describe(m_model.attentionRouter.experts, sizeof(Linear)));
    const auto experts = static_cast<size_t>(m_model.attentionRouter.experts);
    layer.attentionQueries.resize(experts);
    layer.attentionOutputs.resize(experts);
    for (size_t e = 0; e < experts; ++e) {
      TRY_STATUS(bind(Role::AttentionExpertQuery, layer.attentionQueries[e].weight, l, static_cast<int>(e)));
      TRY_STATUS(bind(Role::AttentionExpertOutput, layer.attentionOutputs[e].weight, l, static_cast<int>(e)));
    }
    return {};
  }

  // A stack of very many tiny experts would cost more to describe than to store.
  Status describe(int experts, size_t each) {
    m_described += static_cast<size_t>(experts) * (each + 3 * 48);
    if (m_described <= m_files.fileBytes() + (size_t{12} << 20)) return {};
    return fail("config.json: {} experts in each of {} layers are more than files of {} bytes can be meant for",
                experts, m_model.layers, m_files.fileBytes());
  }

  Status bindShared(int l, LayerWeights& layer) {
    TRY_STATUS(bind(Role::SharedNorm, layer.sharedNorm.weight, l));
    TRY_STATUS(bind(Role::SharedGate, layer.shared.gate.weight, l));
    TRY_STATUS(bind(Role::SharedUp, layer.shared.up.weight, l));
    TRY_STATUS(bind(Role::SharedDown, layer.shared.down.weight, l));
    return bind(Role::SharedMix, layer.sharedGate.weight, l);
  }

  Status bindRouted(int l, LayerWeights& layer) {
    TRY_STATUS(bind(Role::Router, layer.router.weight, l));
    TRY_STATUS(bind(Role::RouterBias, layer.router.bias, l));
    TRY_STATUS(bind(Role::SelectionBias, layer.selectionBias, l));
    TRY_STATUS(bind(Role::RouterKey, layer.routerKey.weight, l));
    TRY_STATUS(bind(Role::RouterValue, layer.routerValue.weight, l));
    TRY_STATUS(bind(Role::RoutedBias, layer.routedBias, l));
    if (m_model.shared != SharedExpert::None) TRY_STATUS(bindShared(l, layer));
    TRY_STATUS(describe(m_model.router.experts, sizeof(Mlp)));
    layer.experts.resize(static_cast<size_t>(m_model.router.experts));
    for (int e = 0; e < m_model.router.experts; ++e) {
      Mlp& expert = layer.experts[static_cast<size_t>(e)];
      TRY_STATUS(bind(Role::ExpertGate, expert.gate.weight, l, e));
      TRY_STATUS(bind(Role::ExpertUp, expert.up.weight, l, e));
      TRY_STATUS(bind(Role::ExpertDown, expert.down.weight, l, e));
      TRY_STATUS(bind(Role::ExpertGateBias, expert.gate.bias, l, e));
      TRY_STATUS(bind(Role::ExpertUpBias, expert.up.bias, l, e));
      TRY_STATUS(bind(Role::ExpertDownBias, expert.down.bias, l, e));
    }
    return {};
  }

  // "model.layers.61.mlp.gate.weight" of a model of 61 layers: published files carry layers for predicting several
  // tokens at once behind the last one.
  bool isPastTheLastLayer(std::string_view name) const {
    constexpr std::string_view kLayers = "model.layers.";
    const size_t at = name.find(kLayers);
    if (at == name.npos) return false;
    int layer = -1;
    const std::string_view number = name.substr(at + kLayers.size());
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), layer);
    return parsed.ec == std::errc() && layer >= m_model.layers;
  }

  void noteUnused() {
    size_t count = 0, past = 0;
    std::string example;
    for (size_t i = 0; i < m_used.size(); ++i) {
      const std::string_view name = m_files.all()[i].name;
      // Buffers that old files carry along follow from the config; factors of the rotation are in it already.
      if (m_used[i] || name.ends_with(".inv_freq") || name.ends_with(".masked_bias")) continue;
      if (m_files.ggufHeader() && (name == "rope_freqs.weight" || name.starts_with("rope_factors_"))) continue;
      if (isPastTheLastLayer(name)) {
        ++past;
        continue;
      }
      if (count++ == 0) example = quotedName(name);
    }
    if (past > 0) {
      m_model.disagreements.push_back(fmt::format(
          "{} tensors of layers past the last one (for predicting several tokens at once) are skipped", past));
    }
    if (count == 0) return;
    m_model.disagreements.push_back(
        count == 1 ? fmt::format("1 tensor of the files is not used: {}", example)
                   : fmt::format("{} tensors of the files are not used, {} the first", count, example));
  }

  std::string_view m_prefix;
  FamilyConfig& m_config;
  ModelConfig& m_model;
  WeightFiles& m_files;
  std::map<Role, std::vector<const TensorRule*>> m_rules;
  std::vector<bool> m_used;
  size_t m_described = 0;
};

}  // namespace

Result<Weights> bindWeights(const Family& family, FamilyConfig& config, WeightFiles& files) {
  return Binder(family, config, files).run();
}

}  // namespace core
