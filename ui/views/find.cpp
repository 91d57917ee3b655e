#include "ui/views/find.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace ui {
namespace {

using core::Hook;
using Kind = FindQuery::Kind;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// "l3e12", "e12"; a layer alone chooses nothing.
std::optional<FindQuery> parseChoice(const std::string& text) {
  FindQuery query;
  query.kind = Kind::Choice;
  const char *at = text.data(), *end = at + text.size();
  const auto number = [&](char letter, int& value) {
    if (at == end || *at != letter) return true;
    const auto [next, error] = std::from_chars(at + 1, end, value);
    if (error != std::errc() || value < 0) return false;
    at = next;
    return true;
  };
  if (!number('l', query.layer) || !number('e', query.expert) || at != end || query.expert < 0) return std::nullopt;
  return query;
}

// "margin<0.01", "surprisal > 5"
std::optional<FindQuery> parseLimit(const std::string& text) {
  const size_t sign = text.find_first_of("<>");
  if (sign == std::string::npos) return std::nullopt;
  std::string name = text.substr(0, sign), value = text.substr(sign + 1);
  std::erase(name, ' ');
  std::erase(value, ' ');
  FindQuery query;
  if (name != "margin" && name != "surprisal") return std::nullopt;
  query.kind = name == "margin" ? Kind::Margin : Kind::Surprisal;
  query.below = text[sign] == '<';
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), query.limit);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return query;
}

bool passes(const FindQuery& query, std::span<const float> row) {
  if (row.empty()) return false;
  const auto value = static_cast<double>(row[0]);
  return query.below ? value < query.limit : value > query.limit;
}

// Layers in the order they are looked at: the cursor's own first, so that it does not move without need.
std::vector<int> layersFrom(const ViewSource& source, int first) {
  std::vector<int> layers{std::clamp(first, 0, std::max(0, source.layers() - 1))};
  for (int layer = 0; layer < source.layers(); ++layer) {
    if (layer != layers[0]) layers.push_back(layer);
  }
  return layers;
}

}  // namespace

std::optional<FindQuery> parseFind(const std::string& typed) {
  const std::string text = lower(typed);
  if (text.find_first_not_of(' ') == std::string::npos) return std::nullopt;
  if (const auto choice = parseChoice(text)) return choice;
  if (const auto limit = parseLimit(text)) return limit;
  FindQuery query;
  if (text == "dropped") {
    query.kind = Kind::Dropped;
    return query;
  }
  if (text.size() > 1 && text[0] == '#') {
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), query.id);
    if (error == std::errc() && end == text.data() + text.size()) {
      query.kind = Kind::TokenId;
      return query;
    }
  }
  query.text = text;
  return query;
}

std::optional<Cursor> findAt(const ViewSource& source, const FindQuery& query, int token, const Cursor& cursor) {
  Cursor found = cursor;
  found.token = token;
  const core::Trace& trace = source.trace;
  switch (query.kind) {
    case Kind::Text:
      if (lower(source.tokenAt(token)).find(query.text) == std::string::npos) return std::nullopt;
      return found;
    case Kind::TokenId:
      if (trace.ids()[static_cast<size_t>(token)] != query.id) return std::nullopt;
      return found;
    case Kind::Surprisal:
      // It stands in the row of the token before, which predicted this one.
      if (!passes(query, trace.floats(Hook::Surprisal, 0, token - 1))) return std::nullopt;
      return found;
    case Kind::Choice:
    case Kind::Dropped:
    case Kind::Margin:
      break;
  }
  for (const int layer : layersFrom(source, cursor.layer)) {
    if (query.layer >= 0 && layer != query.layer) continue;
    found.layer = layer;
    if (query.kind == Kind::Margin) {
      if (passes(query, trace.floats(Hook::RouterMargin, layer, token))) return found;
      continue;
    }
    const std::vector<int> chosen = source.chosenAt(layer, token);
    for (int rank = 0; rank < static_cast<int>(chosen.size()); ++rank) {
      const int expert = chosen[static_cast<size_t>(rank)];
      const bool fits = query.kind == Kind::Choice ? expert == query.expert : source.keptAt(layer, token, rank) == 0;
      if (!fits) continue;
      found.expert = expert;
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Cursor> findNext(const ViewSource& source, const FindQuery& query, const Cursor& cursor) {
  const int length = source.trace.empty() ? 0 : source.trace.length();
  for (int i = 1; i <= length; ++i) {
    const int token = (cursor.token + i) % length;
    if (const auto found = findAt(source, query, token, cursor)) return found;
  }
  return std::nullopt;
}

}  // namespace ui
