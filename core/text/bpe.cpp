#include "core/text/bpe.h"

#include <queue>

#include "core/text/unicode.h"

namespace core {

Result<std::unique_ptr<Bpe>> Bpe::make(std::shared_ptr<const Vocabulary> vocabulary, MergeTable merges,
                                       BpeOptions options) {
  std::unique_ptr<Bpe> bpe(new Bpe());
  bpe->m_vocabulary = std::move(vocabulary);
  bpe->m_merges = std::move(merges);
  bpe->m_options = std::move(options);
  if (bpe->m_options.unknownToken) {
    const auto id = bpe->m_vocabulary->find(*bpe->m_options.unknownToken);
    if (!id) return fail("model: unk_token \"{}\" is not in the vocabulary", *bpe->m_options.unknownToken);
    bpe->m_unknown = *id;
  }
  for (int byte = 0; byte < 256; ++byte) {
    bpe->m_bytes[byte] = bpe->m_vocabulary->find(fmt::format("<0x{:02X}>", byte)).value_or(-1);
  }
  return bpe;
}

Status Bpe::tokenize(std::string_view word, WorkBudget& budget, std::vector<TextToken>& out) const {
  TRY_STATUS(budget.tick());
  const auto append = [&](int32_t id) { out.push_back({id, std::string(m_vocabulary->text(id).value_or(""))}); };
  if (m_options.ignoreMerges) {
    if (const auto id = m_vocabulary->find(word)) {
      append(*id);
      return {};
    }
  }
  const bool cached = word.size() <= kCacheWordBytes;
  if (cached) {
    const std::lock_guard lock(m_cacheLock);
    if (const auto known = m_cache.find(std::string(word)); known != m_cache.end()) {
      for (const int32_t id : known->second) append(id);
      return {};
    }
  }
  std::vector<int32_t> ids = idsOf(word);
  for (const int32_t id : ids) append(id);
  if (cached) {
    const std::lock_guard lock(m_cacheLock);
    if (m_cache.size() < kCacheWords) m_cache.emplace(word, std::move(ids));
  }
  return {};
}

std::vector<int32_t> Bpe::idsOf(std::string_view word) const {
  std::vector<Symbol> symbols = charactersOf(word);
  mergeAll(symbols);
  std::vector<int32_t> ids;
  for (const Symbol& symbol : symbols) {
    if (!symbol.gone) ids.push_back(symbol.id);
  }
  return ids;
}

std::vector<Bpe::Symbol> Bpe::charactersOf(std::string_view word) const {
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  const auto put = [&](int32_t id) {
    const int place = static_cast<int>(symbols.size());
    symbols.push_back({id, place - 1, place + 1, false});
  };
  // An unknown token is put only when it is known where the run of unknown characters ends. Characters that fall back
  // to bytes do not end such a run, as in the reference.
  int waiting = 0;
  const auto putWaiting = [&] {
    for (; waiting > 0; --waiting) put(m_unknown);
  };
  for (size_t at = 0; at < word.size();) {
    const Utf8Char c = utf8CharAt(word, at);
    std::string text(word.substr(at, c.length));
    if (at > 0) text.insert(0, m_options.continuingPrefix);
    at += c.length;
    if (at == word.size()) text += m_options.endSuffix;
    if (const auto id = m_vocabulary->find(text)) {
      putWaiting();
      put(*id);
      continue;
    }
    bool bytes = m_options.byteFallback;
    for (size_t i = 0; bytes && i < text.size(); ++i) bytes = m_bytes[static_cast<uint8_t>(text[i])] >= 0;
    if (bytes) {
      for (const char byte : text) put(m_bytes[static_cast<uint8_t>(byte)]);
    } else if (m_unknown >= 0) {
      if (waiting > 0 && !m_options.fuseUnknown) putWaiting();
      waiting = 1;
    }
  }
  putWaiting();
  if (!symbols.empty()) symbols.back().next = -1;
  return symbols;
}

void Bpe::mergeAll(std::vector<Symbol>& symbols) const {
  struct Candidate {
    uint32_t rank;
    int place;
    int32_t result;
    bool operator<(const Candidate& other) const {  // the top of the queue is the largest
      return rank != other.rank ? rank > other.rank : place > other.place;
    }
  };
  std::priority_queue<Candidate> queue;
  const auto offer = [&](int place) {
    if (place < 0) return;
    const Symbol& left = symbols[static_cast<size_t>(place)];
    if (left.next < 0) return;
    const auto* merge = m_merges.find(left.id, symbols[static_cast<size_t>(left.next)].id);
    if (merge != nullptr) queue.push({merge->rank, place, merge->result});
  };
  for (size_t place = 0; place + 1 < symbols.size(); ++place) offer(static_cast<int>(place));
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbols[static_cast<size_t>(best.place)];
    if (left.gone || left.next < 0) continue;
    Symbol& right = symbols[static_cast<size_t>(left.next)];
    // The candidate may be older than what stands there now.
    const auto* merge = m_merges.find(left.id, right.id);
    if (merge == nullptr || merge->result != best.result) continue;
    left.id = best.result;
    left.next = right.next;
    right.gone = true;
    if (right.next >= 0) symbols[static_cast<size_t>(right.next)].previous = best.place;
    offer(left.previous);
    offer(best.place);
  }
}

}  // namespace core
