#include <algorithm>
#include <cmath>
#include <limits>

#include "core/snapshot/provenance.h"
#include "core/snapshot/read_snapshot.h"
#include "core/store/blob.h"
#include "core/trace/run_info_json.h"

namespace core {
namespace {

using Json = nlohmann::json;

// Such values may come later than the rows they belong to, or never: they are padded in files.
bool comesLater(Stream stream) {
  return stream == Stream::LayerHead || stream == Stream::LayerNext || stream == Stream::HeadNext;
}

template <class T>
Result<std::vector<T>> listOf(const Json& json, const char* key, const std::string& place, size_t most) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) {
    return fail("{}: {} is not there: the file was written without its prompt, or is no snapshot of a run", place, key);
  }
  if (!found->is_array() || found->size() > most)
    return fail("{}: {}: expected a list of at most {}", place, key, most);
  std::vector<T> values;
  for (const Json& each : *found) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (!each.is_string()) return fail("{}: {}: expected texts", place, key);
      values.push_back(each.template get_ref<const std::string&>());
    } else {
      const bool fits = each.is_number_unsigned() && each.template get<uint64_t>() < uint64_t{1} << 31;
      if (!fits) return fail("{}: {}: expected token ids", place, key);
      values.push_back(each.template get<T>());
    }
  }
  return values;
}

class Assembler {
 public:
  Assembler(SnapshotSource& source, const std::string& place) : m_source(source), m_place(place) {}

  Result<Trace> run(const Json& provenance) {
    if (!provenance.is_object() || provenance.value("schema", Json()) != kTraceSchema) {
      return fail("{}: expected a snapshot of a run, schema {}", m_place, kTraceSchema);
    }
    TRY_ASSIGN(RunInfo info, runInfoFromJson(provenance, m_place));
    TRY_ASSIGN(std::vector<int32_t> ids, listOf<int32_t>(provenance, "ids", m_place, kMaxRunTokens));
    TRY_ASSIGN(std::vector<std::string> texts, listOf<std::string>(provenance, "texts", m_place, kMaxRunTokens));
    if (static_cast<int>(ids.size()) != info.promptTokens) {
      return fail("{}: ids: expected {} of the prompt, found {}", m_place, info.promptTokens, ids.size());
    }
    TRY_ASSIGN(const auto more, listOf<int32_t>(provenance, "generated_ids", m_place, kMaxRunTokens));
    TRY_ASSIGN(const auto moreTexts, listOf<std::string>(provenance, "generated_texts", m_place, kMaxRunTokens));
    ids.insert(ids.end(), more.begin(), more.end());
    texts.insert(texts.end(), moreTexts.begin(), moreTexts.end());
    if (ids.size() != texts.size()) return fail("{}: {} ids, but {} texts", m_place, ids.size(), texts.size());
    for (const int32_t id : ids) {
      if (id >= info.config->vocabulary) return fail("{}: id {} is outside the vocabulary", m_place, id);
    }
    m_trace = Trace(std::make_shared<const RunInfo>(std::move(info))).withIds(std::move(ids), std::move(texts));
    for (int stream = 0; stream < kStreams; ++stream) {
      const auto kind = static_cast<Stream>(stream);
      const int layers = isOfLayer(kind) ? m_trace.config().layers : 1;
      for (int layer = 0; layer < layers; ++layer) TRY_STATUS(addBlock(kind, layer));
    }
    return std::move(m_trace);
  }

 private:
  Status addBlock(Stream stream, int layer) {
    Block block;
    block.stream = stream;
    block.layer = isOfLayer(stream) ? layer : 0;
    for (const HookInfo& info : allHooks()) {
      if (info.stream != stream || isDerived(info.hook)) continue;
      TRY_ASSIGN(Array array, read(info, layer));
      if (array.columns == 0) continue;
      const size_t rows = (array.floats.size() + array.ints.size()) / static_cast<size_t>(array.columns);
      if (!block.arrays.empty() && rows != static_cast<size_t>(block.tokens)) {
        return fail("{}: {} has {} rows, others of its kind have {}", m_place, nameOf(info, layer), rows, block.tokens);
      }
      block.tokens = static_cast<int>(rows);
      block.arrays.push_back(std::move(array));
    }
    if (block.tokens > 0) m_trace = m_trace.with(std::move(block));
    return {};
  }

  // Slots of a simulated rule are decided again from the choices; a replay brings its own.
  bool isDerived(Hook hook) const {
    return !m_trace.info().replay && m_trace.info().capacity.simulated && (hook == Hook::RouterKept || hook == Hook::RouterSlot);
  }

  static std::string nameOf(const HookInfo& info, int layer) {
    return (isOfLayer(info.stream) ? fmt::format("layers.{}.", layer) : "") + std::string(info.name);
  }

  // Rows of the prompt and of generated tokens together; no columns where the file has none.
  Result<Array> read(const HookInfo& info, int layer) {
    Array array;
    array.hook = info.hook;
    const std::string name = nameOf(info, layer);
    if (!m_source.has(name)) return array;
    const int columns = columnsOf(info.hook, m_trace.config());
    if (columns <= 0) return fail("{}: {}: the model has no such values", m_place, name);
    TRY_ASSIGN(const int promptRows, append(info, name, columns, m_trace.promptTokens(), array));
    const std::string generated = "generated." + name;
    if (promptRows == m_trace.promptTokens() && m_source.has(generated)) {
      TRY_STATUS(append(info, generated, columns, m_trace.length() - m_trace.promptTokens(), array));
    }
    if (comesLater(info.stream)) trimUndefined(array.floats, static_cast<size_t>(columns));
    TRY_STATUS(checkRange(info, name, array));
    array.columns = columns;
    if (array.floats.empty() && array.ints.empty()) array.columns = 0;
    return array;
  }

  Result<int> append(const HookInfo& info, const std::string& name, int columns, int most, Array& array) {
    const bool isFloat = info.type == HookType::F32;
    TRY_ASSIGN(SnapshotValues values, m_source.load(name, isFloat ? SnapshotType::F32 : SnapshotType::I64));
    const std::vector<int64_t>& shape = values.shape;
    const bool flat = info.shape == "1";
    const bool fits =
        shape.size() == (flat ? 1u : 2u) && shape[0] >= 0 && shape[0] <= most && (flat || shape[1] == columns);
    const size_t count = isFloat ? values.floats.size() : values.ints.size();
    if (!fits || count != static_cast<size_t>(shape[0]) * static_cast<size_t>(columns)) {
      return fail("{}: {}: expected up to {} rows of {}, found another shape", m_place, name, most, columns);
    }
    array.floats.insert(array.floats.end(), values.floats.begin(), values.floats.end());
    array.ints.insert(array.ints.end(), values.ints.begin(), values.ints.end());
    return static_cast<int>(shape[0]);
  }

  static void trimUndefined(std::vector<float>& values, size_t columns) {
    const auto undefined = [](float value) { return std::isnan(value); };
    while (!values.empty() && std::all_of(values.end() - static_cast<ptrdiff_t>(columns), values.end(), undefined)) {
      values.resize(values.size() - columns);
    }
  }

  // Views index by ids.
  Status checkRange(const HookInfo& info, const std::string& name, const Array& array) const {
    int least = std::numeric_limits<int>::min(), most = std::numeric_limits<int>::max();
    // A replay may give a token fewer experts than another: -1 behind its last one.
    if (info.hook == Hook::RouterIds) least = m_trace.info().replay || !m_trace.info().interventions.empty() ? -1 : 0, most = m_trace.config().router.experts - 1;
    if (info.hook == Hook::AttentionRouterIds) least = 0, most = m_trace.config().attentionRouter.experts - 1;
    if (info.hook == Hook::TopIds) least = 0, most = m_trace.config().vocabulary - 1;
    if (info.hook == Hook::RouterKept) least = 0, most = 1;
    if (info.hook == Hook::RouterSlot) least = -1;
    for (const int32_t value : array.ints) {
      if (value < least || value > most) {
        return fail("{}: {}: expected numbers from {} to {}, found {}", m_place, name, least, most, value);
      }
    }
    return {};
  }

  SnapshotSource& m_source;
  const std::string& m_place;
  Trace m_trace;
};

}  // namespace

Result<Trace> assembleTrace(const Json& provenance, SnapshotSource& source, const std::string& place) {
  return Assembler(source, place).run(provenance);
}

}  // namespace core
