#include "core/convert/output_tensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "core/model/quant/dequantize.h"
#include "core/model/quant/quantize.h"

namespace core {
namespace {

constexpr int kNone = -1;

// A role's tensor in the model; null for one that no model holds by itself.
const Tensor* tensorOf(const Weights& weights, Role role, int l, int e) {
  if (role == Role::Embedding) return &weights.embedding;
  if (role == Role::FinalNorm) return &weights.finalNorm.weight;
  if (role == Role::FinalNormBias) return &weights.finalNorm.bias;
  if (role == Role::OutputMatrix) return &weights.output.weight;
  if (role == Role::OutputMatrixBias) return &weights.output.bias;
  const LayerWeights& layer = weights.layer[static_cast<size_t>(l)];
  if (role == Role::AttentionExpertQuery) return &layer.attentionQueries[static_cast<size_t>(e)].weight;
  if (role == Role::AttentionExpertOutput) return &layer.attentionOutputs[static_cast<size_t>(e)].weight;
  const Mlp* expert = e >= 0 ? &layer.experts[static_cast<size_t>(e)] : nullptr;
  switch (role) {
    case Role::FilterFirst:
      return &layer.filterFirst.weight;
    case Role::FilterFirstBias:
      return &layer.filterFirst.bias;
    case Role::FilterSecond:
      return &layer.filterSecond.weight;
    case Role::FilterSecondBias:
      return &layer.filterSecond.bias;
    case Role::FilterNorm:
      return &layer.filterNorm.weight;
    case Role::AttentionRouter:
      return &layer.attentionRouter.weight;
    case Role::RouterKey:
      return &layer.routerKey.weight;
    case Role::RouterValue:
      return &layer.routerValue.weight;
    case Role::RoutedBias:
      return &layer.routedBias;
    case Role::QueryDownBias:
      return &layer.queryDown.bias;
    case Role::KeyValueDownBias:
      return &layer.keyValueDown.bias;  // the shared key's lies behind it
    case Role::InputNorm:
      return &layer.inputNorm.weight;
    case Role::InputNormBias:
      return &layer.inputNorm.bias;
    case Role::BlockNormBias:
      return &layer.blockNorm.bias;
    case Role::QueryDown:
      return &layer.queryDown.weight;
    case Role::QueryDownNorm:
      return &layer.queryDownNorm.weight;
    case Role::KeyValueDown:
      return &layer.keyValueDown.weight;  // the shared key lies behind it
    case Role::KeyValueDownNorm:
      return &layer.keyValueDownNorm.weight;
    case Role::KeyValueUp:
      return &layer.keyValueUp.weight;
    case Role::SelectionBias:
      return &layer.selectionBias;
    case Role::Query:
      return &layer.query.weight;
    case Role::QueryBias:
      return &layer.query.bias;
    case Role::Key:
      return &layer.key.weight;
    case Role::KeyBias:
      return &layer.key.bias;
    case Role::Value:
      return &layer.value.weight;
    case Role::ValueBias:
      return &layer.value.bias;
    case Role::AttentionOutput:
      return &layer.output.weight;
    case Role::AttentionOutputBias:
      return &layer.output.bias;
    case Role::Sinks:
      return &layer.sinks;
    case Role::QueryNorm:
      return &layer.queryNorm.weight;
    case Role::KeyNorm:
      return &layer.keyNorm.weight;
    case Role::AttentionPostNorm:
      return &layer.attentionPostNorm.weight;
    case Role::BlockNorm:
      return &layer.blockNorm.weight;
    case Role::BlockPostNorm:
      return &layer.blockPostNorm.weight;
    case Role::DenseGate:
      return &layer.dense.gate.weight;
    case Role::DenseUp:
      return &layer.dense.up.weight;
    case Role::DenseDown:
      return &layer.dense.down.weight;
    case Role::Router:
      return &layer.router.weight;
    case Role::RouterBias:
      return &layer.router.bias;
    case Role::SharedNorm:
      return &layer.sharedNorm.weight;
    case Role::SharedGate:
      return &layer.shared.gate.weight;
    case Role::SharedUp:
      return &layer.shared.up.weight;
    case Role::SharedDown:
      return &layer.shared.down.weight;
    case Role::SharedMix:
      return &layer.sharedGate.weight;
    case Role::ExpertGate:
      return expert ? &expert->gate.weight : nullptr;
    case Role::ExpertGateBias:
      return expert ? &expert->gate.bias : nullptr;
    case Role::ExpertUp:
      return expert ? &expert->up.weight : nullptr;
    case Role::ExpertUpBias:
      return expert ? &expert->up.bias : nullptr;
    case Role::ExpertDown:
      return expert ? &expert->down.weight : nullptr;
    case Role::ExpertDownBias:
      return expert ? &expert->down.bias : nullptr;
    default:
      return nullptr;
  }
}

bool isAttentionExpert(Role role) { return role == Role::AttentionExpertQuery || role == Role::AttentionExpertOutput; }

bool isExpert(Role role) {
  return isAttentionExpert(role) || role == Role::ExpertGate || role == Role::ExpertGateBias ||
         role == Role::ExpertUp || role == Role::ExpertUpBias || role == Role::ExpertDown ||
         role == Role::ExpertDownBias;
}

bool decidesRouting(Role role) {
  return role == Role::Router || role == Role::RouterKey || role == Role::RouterValue ||
         role == Role::AttentionRouter || role == Role::SharedMix;
}

bool isConvolution(Role role) { return role == Role::FilterFirst || role == Role::FilterSecond; }

bool isOnce(Role role) {
  return role == Role::Embedding || role == Role::FinalNorm || role == Role::FinalNormBias ||
         role == Role::OutputMatrix || role == Role::OutputMatrixBias;
}

std::string expand(std::string_view pattern, int layer, int expert) {
  std::string name(pattern);
  const auto put = [&](std::string_view mark, int number) {
    if (const size_t at = name.find(mark); at != name.npos) name.replace(at, mark.size(), std::to_string(number));
  };
  put("{l}", layer);
  put("{e}", expert);
  return name;
}

class Collector {
 public:
  Collector(const Model& model, const OutputRules& rules) : m_model(model), m_rules(rules) {
    // The first rule of a role is the one that files are written by.
    for (const TensorRule& rule : *rules.rules) {
      if (applies(rule.when)) m_first.emplace(rule.role, &rule);
    }
  }

  Result<std::vector<OutputTensor>> run() {
    for (const auto& [role, rule] : m_first) {
      if (!isOnce(role)) continue;
      const bool tied = role == Role::OutputMatrix && m_model.config.tiedEmbeddings;
      if (!tied) add(role, *rule, kNone, kNone);
    }
    for (int l = 0; l < m_model.config.layers; ++l) {
      const LayerWeights& layer = m_model.weights.layer[static_cast<size_t>(l)];
      for (const auto& [role, rule] : m_first) {
        if (isOnce(role)) continue;
        if (!isExpert(role)) add(role, *rule, l, kNone);
        const size_t experts = isAttentionExpert(role) ? layer.attentionQueries.size() : layer.experts.size();
        for (int e = 0; isExpert(role) && e < static_cast<int>(experts); ++e) add(role, *rule, l, e);
      }
    }
    if (!m_unwritten.empty()) {
      return fail("{}: tensors of this kind have no place in a model, so the family {} cannot be written", m_unwritten,
                  m_model.config.family);
    }
    TRY_STATUS(finish());
    return std::move(m_tensors);
  }

 private:
  bool applies(When when) const {
    const bool squeezed = m_model.config.attention.latent.queryRank > 0;
    switch (when) {
      case When::Always:
        return true;
      case When::QkvBias:
        return m_rules.qkvBias;
      case When::OutputBias:
        return m_rules.outputBias;
      case When::HeadBias:
        return static_cast<bool>(m_model.weights.output.bias);
      case When::SqueezedQuery:
        return squeezed;
      case When::SqueezedQueryBias:
        return squeezed && m_rules.qkvBias;
      case When::DirectQuery:
        return !squeezed;
    }
    return false;
  }

  void add(Role role, const TensorRule& rule, int l, int e) {
    const Tensor* tensor = tensorOf(m_model.weights, role, l, e);
    if (!tensor && m_unwritten.empty()) m_unwritten = expand(rule.name, l, e);
    if (!tensor || !*tensor) return;
    const std::string name = expand(rule.name, l, e);
    const bool stacked = isExpert(role) && rule.name.find("{e}") == rule.name.npos;
    auto [place, isNew] = m_places.emplace(name, m_tensors.size());
    if (isNew) {
      OutputTensor made;
      made.name = name;
      made.layout = rule.layout;
      made.type = typeFor(role, *tensor, rule.layout);
      if (m_rules.reorder &&
          (role == Role::Query || role == Role::QueryBias || role == Role::Key || role == Role::KeyBias)) {
        const AttentionConfig& attention = m_model.config.attention;
        made.pairsOfHeads = role == Role::Query || role == Role::QueryBias ? attention.heads : attention.keyValueHeads;
        made.toPairs = m_rules.toPairs;
      }
      if (m_rules.headsHoldQueryAndKey && (role == Role::Query || role == Role::Key)) {
        made.pieceRows = m_model.config.attention.headDim;
        made.secondPieces = role == Role::Key;
      }
      made.isConvolution = isConvolution(role);
      m_tensors.push_back(std::move(made));
      m_stacked.push_back(stacked);
    }
    OutputTensor& output = m_tensors[place->second];
    if (role == Role::KeyValueDown || role == Role::KeyValueDownBias) {
      auto whole = std::make_shared<Tensor>(*tensor);
      whole->shape[0] += m_model.config.attention.latent.ropeDim;
      output.joined = whole;
      tensor = whole.get();
    }
    const size_t index = stacked ? static_cast<size_t>(e) : 0;
    if (output.stack.size() <= index) output.stack.resize(index + 1);
    OutputTensor::Matrix& matrix = output.stack[index];
    const bool second = rule.part == Part::SecondHalf || rule.part == Part::Odd;
    (second ? matrix.second : matrix.first) = tensor;
    matrix.interleaved = rule.part == Part::Even || rule.part == Part::Odd;
    if (output.pieceRows > 0) {
      matrix.first = tensorOf(m_model.weights, Role::Query, l, e);
      matrix.second = tensorOf(m_model.weights, Role::Key, l, e);
    }
  }

  DType typeFor(Role role, const Tensor& tensor, Layout layout) const {
    if (tensor.shape.size() < 2 || decidesRouting(role) || m_rules.type == ConvertType::F32) return DType::F32;
    const int64_t columns = layout == Layout::InOut ? 0 : tensor.columns();
    const bool blocks = columns > 0 && columns % infoOf(DType::Q8_0).blockElements == 0;
    return m_rules.type == ConvertType::Q8_0 && blocks ? DType::Q8_0 : DType::F16;
  }

  Status finish() {
    for (size_t i = 0; i < m_tensors.size(); ++i) {
      OutputTensor& tensor = m_tensors[i];
      const OutputTensor::Matrix& matrix = tensor.stack.front();
      for (const OutputTensor::Matrix& one : tensor.stack) {
        if (!one.first || (matrix.second != nullptr) != (one.second != nullptr)) {
          return fail("{}: not every part of it is in the model", tensor.name);
        }
      }
      std::vector<int64_t> shape = matrix.first->shape;
      if (matrix.second && tensor.pieceRows == 0) shape[0] *= 2;
      if (tensor.isConvolution) shape = {shape[0], shape[1] / 2, 2, 1};
      if (tensor.layout == Layout::InOut && shape.size() > 1) std::swap(shape[0], shape[1]);
      if (m_stacked[i]) shape.insert(shape.begin(), static_cast<int64_t>(tensor.stack.size()));
      tensor.shape = std::move(shape);
    }
    std::sort(m_tensors.begin(), m_tensors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return {};
  }

  const Model& m_model;
  const OutputRules& m_rules;
  std::map<Role, const TensorRule*> m_first;
  std::string m_unwritten;  // the first tensor of a role that is not written
  std::vector<OutputTensor> m_tensors;
  std::vector<bool> m_stacked;
  std::map<std::string, size_t> m_places;
};

// Row r of a matrix of a stack, in floats; for a vector the whole of it.
class Rows {
 public:
  Rows(const OutputTensor& tensor, const OutputTensor::Matrix& matrix) : m_tensor(tensor), m_matrix(matrix) {}

  int64_t count() const {
    const int64_t rows = isVector() ? 1 : m_matrix.first->rows();
    return m_matrix.second && !isVector() && m_tensor.pieceRows == 0 ? 2 * rows : rows;
  }
  int64_t length() const {
    const int64_t columns = m_matrix.first->columns();
    return isVector() && m_matrix.second ? 2 * columns : columns;
  }

  void read(int64_t r, float* to) const {
    if (isVector()) return readVector(to);
    r = source(r, count());
    if (!m_matrix.second) return readRow(*m_matrix.first, r, to);
    const int64_t half = m_matrix.first->rows();
    if (const int64_t rows = m_tensor.pieceRows; rows > 0) {
      const int64_t piece = r / rows + (m_tensor.secondPieces ? half / rows : 0);
      return readRow(piece % 2 == 0 ? *m_matrix.first : *m_matrix.second, piece / 2 * rows + r % rows, to);
    }
    if (m_matrix.interleaved) return readRow(r % 2 == 0 ? *m_matrix.first : *m_matrix.second, r / 2, to);
    readRow(r < half ? *m_matrix.first : *m_matrix.second, r % half, to);
  }

 private:
  bool isVector() const { return m_matrix.first->shape.size() < 2; }

  static void readRow(const Tensor& tensor, int64_t r, float* to) {
    const auto columns = static_cast<size_t>(tensor.columns());
    dequantize(tensor.type, tensor.data + bytesOf(tensor.type, columns) * static_cast<size_t>(r), tensor.columns(), to);
  }

  void readVector(float* to) const {
    const int64_t n = m_matrix.first->columns();
    std::vector<float> first(static_cast<size_t>(n)), second(m_matrix.second ? static_cast<size_t>(n) : 0);
    readRow(*m_matrix.first, 0, first.data());
    if (m_matrix.second) readRow(*m_matrix.second, 0, second.data());
    for (int64_t i = 0; i < length(); ++i) {
      const int64_t at = source(i, length());
      const bool odd = m_matrix.interleaved ? at % 2 != 0 : at >= n;
      const int64_t place = !m_matrix.second ? at : m_matrix.interleaved ? at / 2 : at % n;
      to[i] = (m_matrix.second && odd ? second : first)[static_cast<size_t>(place)];
    }
  }

  // Which row of the model stands at row r. Half-split: pair i of a head is rows i and i + P/2; interleaved: 2i, 2i+1.
  int64_t source(int64_t r, int64_t rows) const {
    if (m_tensor.pairsOfHeads == 0) return r;
    const int64_t head = rows / m_tensor.pairsOfHeads, half = head / 2;
    const int64_t first = r / head * head, in = r % head;
    return first + (m_tensor.toPairs ? in / 2 + in % 2 * half : in < half ? 2 * in : 2 * (in - half) + 1);
  }

  const OutputTensor& m_tensor;
  const OutputTensor::Matrix& m_matrix;
};

Status encode(const OutputTensor& tensor, std::span<const float> row, std::string& bytes) {
  bytes.resize(bytesOf(tensor.type, row.size()));
  auto* to = reinterpret_cast<std::byte*>(bytes.data());
  if (tensor.type == DType::F32) {
    std::memcpy(to, row.data(), bytes.size());
    return {};
  }
  const float most = tensor.type == DType::F16 ? 65504.0f : 127 * 65504.0f;
  for (const float x : row) {
    if (std::isfinite(x) && std::abs(x) <= most) continue;
    return fail("{}: {} cannot hold the number {}; convert to f32", tensor.name, nameOf(tensor.type), x);
  }
  if (tensor.type == DType::F16) {
    quantizeRowF16(row, to);
  } else {
    quantizeRowQ8_0(row, to);
  }
  return {};
}

Status encodeTurned(const OutputTensor& tensor, const Rows& rows, const std::function<Status(std::string_view)>& sink) {
  const auto out = static_cast<size_t>(rows.count()), in = static_cast<size_t>(rows.length());
  std::vector<float> whole(out * in), turned(out);
  for (size_t r = 0; r < out; ++r) rows.read(static_cast<int64_t>(r), whole.data() + r * in);
  std::string bytes;
  for (size_t i = 0; i < in; ++i) {
    for (size_t r = 0; r < out; ++r) turned[r] = whole[r * in + i];
    TRY_STATUS(encode(tensor, turned, bytes));
    TRY_STATUS(sink(bytes));
  }
  return {};
}

}  // namespace

int64_t OutputTensor::rows() const {
  int64_t rows = 1;
  for (size_t i = 0; i + 1 < shape.size(); ++i) rows *= shape[i];
  return rows;
}

size_t OutputTensor::bytes() const { return bytesOf(type, static_cast<size_t>(rows() * columns())); }

Result<std::vector<OutputTensor>> outputTensors(const Model& model, const OutputRules& rules) {
  return Collector(model, rules).run();
}

Status encodeRows(const OutputTensor& tensor, const std::function<Status(std::string_view bytes)>& row) {
  std::vector<float> floats;
  std::string bytes;
  for (const OutputTensor::Matrix& matrix : tensor.stack) {
    const Rows rows(tensor, matrix);
    if (tensor.layout == Layout::InOut && matrix.first->shape.size() > 1) {
      TRY_STATUS(encodeTurned(tensor, rows, row));
      continue;
    }
    floats.resize(static_cast<size_t>(rows.length()));
    for (int64_t r = 0; r < rows.count(); ++r) {
      rows.read(r, floats.data());
      TRY_STATUS(encode(tensor, floats, bytes));
      TRY_STATUS(row(bytes));
    }
  }
  return {};
}

}  // namespace core
