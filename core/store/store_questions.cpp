// Questions across runs. Posting lists lie in the order (run, layer, expert) and (run, token id): a question walks the
// runs, newest first, and looks one key up in each, which for ten thousand runs is some tens of milliseconds. Counts
// are sums of numbers beside the lists; only the hits that are shown are unpacked.
#include <algorithm>
#include <map>

#include "core/store/posting.h"
#include "core/store/session_store_state.h"

namespace core {
namespace {

constexpr int kContextTokens = 8;

// Ids and texts of the run last asked for.
class Surroundings {
 public:
  Surroundings(SQLite::Database& database, const std::string& place)
      : m_chunks(database, "SELECT first, tokens, ids, texts FROM token_chunk WHERE run = ? ORDER BY first"),
        m_place(place) {}

  Status fill(TokenHit& hit) {
    if (hit.run != m_run) TRY_STATUS(load(hit.run));
    const auto length = static_cast<int>(m_texts.size());
    if (hit.token >= length) {
      return fail("{}: run {}: a posting list names token {} of {}", m_place, hit.run, hit.token, length);
    }
    hit.id = m_ids[static_cast<size_t>(hit.token)];
    hit.text = m_texts[static_cast<size_t>(hit.token)];
    hit.before = joined(std::max(0, hit.token - kContextTokens), hit.token);
    hit.after = joined(hit.token + 1, std::min(length, hit.token + 1 + kContextTokens));
    return {};
  }

 private:
  Status load(int64_t run) {
    m_ids.clear();
    m_texts.clear();
    m_run = run;
    m_chunks.reset();
    m_chunks.bind(1, run);
    while (m_chunks.executeStep()) {
      const int count = m_chunks.getColumn(1).getInt();
      const std::string place = fmt::format("{}: run {}", m_place, run);
      TRY_ASSIGN(auto ids, decodeIds(blobColumn(m_chunks, 2), count, 0, place));
      TRY_ASSIGN(auto texts, decodeTexts(blobColumn(m_chunks, 3), count, place));
      m_ids.insert(m_ids.end(), ids.begin(), ids.end());
      std::move(texts.begin(), texts.end(), std::back_inserter(m_texts));
    }
    return {};
  }

  std::string joined(int first, int end) const {
    std::string text;
    for (int i = first; i < end; ++i) text += m_texts[static_cast<size_t>(i)];
    return text;
  }

  SQLite::Statement m_chunks;
  std::string m_place;
  int64_t m_run = 0;
  std::vector<int32_t> m_ids;
  std::vector<std::string> m_texts;
};

const char* countColumn(const ChoiceQuestion& question) {
  if (question.firstOnly) return question.droppedOnly ? "firsts_dropped" : "firsts";
  return question.droppedOnly ? "dropped" : "choices";
}

// " FROM ... WHERE ..." with an optional model name to bind. CROSS JOIN keeps the runs outside.
std::string choicesWhere(const ChoiceQuestion& question) {
  std::string sql =
      " FROM run CROSS JOIN choice_posting AS p ON p.run = run.id WHERE run.deleted IS NULL "
      "AND run.indexed = 1";
  if (question.droppedOnly) sql += question.firstOnly ? " AND run.firsts_dropped > 0" : " AND run.dropped > 0";
  if (question.layer) sql += fmt::format(" AND p.layer = {}", *question.layer);
  if (question.expert) sql += fmt::format(" AND p.expert = {}", *question.expert);
  sql += fmt::format(" AND p.{} > 0", countColumn(question));
  if (!question.model.empty()) sql += " AND run.model_name = ?";
  return sql;
}

std::string tokenWhere(const TokenQuestion& question) {
  std::string sql = fmt::format(
      " FROM run CROSS JOIN token_posting AS p ON p.run = run.id WHERE run.deleted IS NULL "
      "AND run.indexed = 1 AND p.token = {}",
      question.id);
  if (!question.model.empty()) sql += " AND run.model_name = ?";
  return sql;
}

}  // namespace

Result<HitCount> SessionStore::countChoices(const ChoiceQuestion& question) {
  return m_state->locked([&]() -> Result<HitCount> {
    SQLite::Statement row(*m_state->database, fmt::format("SELECT total(p.{}), count(DISTINCT p.run){}",
                                                          countColumn(question), choicesWhere(question)));
    if (!question.model.empty()) row.bind(1, question.model);
    row.executeStep();
    return HitCount{row.getColumn(0).getInt64(), row.getColumn(1).getInt64()};
  });
}

Result<std::vector<ChoiceHit>> SessionStore::findChoices(const ChoiceQuestion& question, int limit, int offset) {
  return m_state->locked([&]() -> Result<std::vector<ChoiceHit>> {
    const std::string place = m_state->address.place();
    SQLite::Statement rows(*m_state->database, fmt::format("SELECT p.run, p.layer, p.expert, p.{}, p.choices, p.list{} "
                                                           "ORDER BY run.id DESC, p.layer, p.expert",
                                                           countColumn(question), choicesWhere(question)));
    if (!question.model.empty()) rows.bind(1, question.model);
    Surroundings surroundings(*m_state->database, place);
    std::vector<ChoiceHit> hits;
    int64_t skip = std::max(0, offset);
    while (static_cast<int>(hits.size()) < limit && rows.executeStep()) {
      const int64_t matching = rows.getColumn(3).getInt64();
      if (skip >= matching) {
        skip -= matching;
        continue;
      }
      ChoiceHit hit;
      hit.run = rows.getColumn(0).getInt64();
      hit.layer = rows.getColumn(1).getInt();
      hit.expert = rows.getColumn(2).getInt();
      TRY_ASSIGN(const auto choices,
                 decodeChoices(blobColumn(rows, 5), rows.getColumn(4).getInt64(),
                               fmt::format("{}: run {}, L{}E{}", place, hit.run, hit.layer, hit.expert)));
      for (const PostedChoice& choice : choices) {
        if ((question.firstOnly && choice.rank != 0) || (question.droppedOnly && !choice.dropped)) continue;
        if (skip-- > 0) continue;
        skip = 0;
        if (static_cast<int>(hits.size()) == limit) break;
        hit.token = choice.token;
        hit.rank = choice.rank;
        hit.dropped = choice.dropped;
        TRY_STATUS(surroundings.fill(hit));
        hits.push_back(hit);
      }
    }
    return hits;
  });
}

Result<std::vector<TokenHit>> SessionStore::findToken(const TokenQuestion& question, int limit, int offset) {
  return m_state->locked([&]() -> Result<std::vector<TokenHit>> {
    const std::string place = m_state->address.place();
    SQLite::Statement rows(*m_state->database, fmt::format("SELECT p.run, p.occurrences, p.positions{} "
                                                           "ORDER BY run.id DESC",
                                                           tokenWhere(question)));
    if (!question.model.empty()) rows.bind(1, question.model);
    Surroundings surroundings(*m_state->database, place);
    std::vector<TokenHit> hits;
    int64_t skip = std::max(0, offset);
    while (static_cast<int>(hits.size()) < limit && rows.executeStep()) {
      TokenHit hit;
      hit.run = rows.getColumn(0).getInt64();
      TRY_ASSIGN(const auto positions,
                 decodePositions(blobColumn(rows, 2), rows.getColumn(1).getInt64(),
                                 fmt::format("{}: run {}, token {}", place, hit.run, question.id)));
      for (const int position : positions) {
        if (skip-- > 0) continue;
        skip = 0;
        if (static_cast<int>(hits.size()) == limit) break;
        hit.token = position;
        TRY_STATUS(surroundings.fill(hit));
        hits.push_back(hit);
      }
    }
    return hits;
  });
}

Result<TokenRoutes> SessionStore::routesOfToken(const TokenQuestion& question) {
  return m_state->locked([&]() -> Result<TokenRoutes> {
    const std::string place = m_state->address.place();
    SQLite::Statement rows(*m_state->database,
                           fmt::format("SELECT p.run, p.occurrences, p.routes{}", tokenWhere(question)));
    if (!question.model.empty()) rows.bind(1, question.model);
    TokenRoutes out;
    std::map<std::pair<int, int>, RouteCount> counts;
    while (rows.executeStep()) {
      const int64_t occurrences = rows.getColumn(1).getInt64();
      TRY_ASSIGN(const PostedRoutes routes,
                 decodeRoutes(blobColumn(rows, 2), occurrences,
                              fmt::format("{}: run {}, token {}", place, rows.getColumn(0).getInt64(), question.id)));
      out.occurrences += occurrences;
      out.runs += 1;
      const auto K = static_cast<size_t>(routes.K), L = static_cast<size_t>(routes.layers);
      for (size_t i = 0; i < routes.choices.size(); ++i) {
        const uint16_t choice = routes.choices[i];
        if (choice == kNoChoice) continue;
        const auto layer = static_cast<int>(i / K % L);
        const int expert = choice & ~kDroppedBit;
        RouteCount& count = counts[{layer, expert}];
        count.layer = layer;
        count.expert = expert;
        count.choices += 1;
        count.firsts += i % K == 0;
        count.dropped += (choice & kDroppedBit) != 0;
      }
    }
    for (const auto& [key, count] : counts) out.routes.push_back(count);
    std::stable_sort(out.routes.begin(), out.routes.end(), [](const RouteCount& a, const RouteCount& b) {
      return a.layer != b.layer ? a.layer < b.layer : a.choices > b.choices;
    });
    return out;
  });
}

}  // namespace core
