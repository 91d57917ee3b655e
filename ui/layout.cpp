#include "ui/layout.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ui/theme.h"

namespace ui {
namespace {

constexpr float kStripTwoRows = 103, kStripOneRow = 65, kRail = 46;

struct Column {
  Instrument instrument;
  float least, wish, share;  // widths at text scale 1; share of the extra width
};

// Widths of the band: the wished ones plus a share of what is left over, or shrunk towards the least ones.
std::vector<float> bandWidths(const std::vector<Column>& columns, float room) {
  float least = 0, wish = 0, shares = 0;
  for (const Column& c : columns) {
    least += c.least;
    wish += c.wish;
    shares += c.share;
  }
  std::vector<float> widths;
  float used = 0;
  for (const Column& c : columns) {
    float w;
    if (room >= wish) {
      w = c.wish + (shares > 0 ? (room - wish) * c.share / shares : 0);
    } else {
      const float part = wish > least ? std::max(0.0f, room - least) / (wish - least) : 0;
      w = c.least + (c.wish - c.least) * part;
      if (room < least) w = c.least * room / least;
    }
    widths.push_back(std::floor(w));
    used += std::floor(w);
  }
  if (!widths.empty()) widths.back() += room - used;
  return widths;
}

}  // namespace

CentralLayout layoutCentral(Size size, double textScale, const CentralOptions& options) {
  const auto s = static_cast<float>(textScale);
  CentralLayout out;
  // The strip gives up its second row before the experts' rows become too low for their numbers.
  const double rows = std::clamp(options.experts, 8, 16);
  const float least = static_cast<float>(kTitleHeight + kHeadHeight + kFooterHeight + kRowMin * rows) * s;
  out.stripRows = size.height - (kStripTwoRows + kRail + 2) * s >= least ? 2 : 1;
  const float strip = std::floor((out.stripRows == 2 ? kStripTwoRows : kStripOneRow) * s);
  const float rail = std::floor(kRail * s);
  out.places.push_back({Instrument::TokenStrip, {0, 0, size.width, strip}});
  out.lines.push_back({0, strip - 1, size.width, 1});
  out.places.push_back({Instrument::StageRail, {0, strip, size.width, rail}});
  out.lines.push_back({0, strip + rail, size.width, 1});
  const float top = strip + rail + 1, height = std::max(0.0f, size.height - top);

  const Column router{Instrument::Router, 340 * s, 436 * s, 1};
  const Column dispatch{Instrument::Dispatch, 180 * s, 196 * s, 1};
  const Column load{Instrument::Load, 150 * s, 188 * s, 0};
  const Column layers{Instrument::LayersExperts, 160 * s, 184 * s, 0};
  const Column tokens{Instrument::TokensExperts, 160 * s, 276 * s, 2};
  std::vector<Column> columns = {router, dispatch, load, layers, tokens};
  const auto leastOf = [&] {
    float sum = static_cast<float>(columns.size()) - 1;
    for (const Column& c : columns) sum += c.least;
    return sum;
  };
  if (options.hideTokensExperts) columns.pop_back();
  if (leastOf() > size.width && !options.hideTokensExperts) {
    out.heatTabs = true;
    const bool showLayers = options.heatShown == Instrument::LayersExperts;
    columns = {router, dispatch, load, showLayers ? layers : tokens};
  }
  while (columns.size() > 2 && leastOf() > size.width) columns.pop_back();
  const std::vector<float> widths = bandWidths(columns, size.width - static_cast<float>(columns.size() - 1));
  float x = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) {
      out.lines.push_back({x, top, 1, height});
      x += 1;
    }
    out.places.push_back({columns[i].instrument, {x, top, widths[i], height}});
    x += widths[i];
  }
  return out;
}

LowerLayout layoutLower(Size size, double textScale, const LowerOptions& options) {
  const auto s = static_cast<float>(textScale);
  LowerLayout out;
  const auto row = [&](std::vector<Column> columns, float top, float height) {
    const std::vector<float> widths = bandWidths(columns, size.width - static_cast<float>(columns.size() - 1));
    float x = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) {
        out.lines.push_back({x, top, 1, height});
        x += 1;
      }
      out.places.push_back({columns[i].instrument, {x, top, widths[i], height}});
      x += widths[i];
    }
  };
  const Column ledger{Instrument::Ledger, 420 * s, 592 * s, 1};
  const Column prediction{Instrument::Prediction, 240 * s, 300 * s, 0.5f};
  const Column over{Instrument::LedgerOverLayers, 420 * s, 560 * s, 1};
  const Column byLayer{Instrument::LoadByLayer, 420 * s, 640 * s, 1.4f};
  const Column drops{Instrument::DropsByPosition, 340 * s, 420 * s, 1};
  std::vector<Column> first = {ledger};
  if (options.prediction) first.push_back(prediction);
  const bool two = size.height >= 2 * 200 * s && size.width >= 900 * s;
  if (size.width >= (options.prediction ? 1400 : 1100) * s) first.insert(first.begin() + 1, over);
  if (options.prediction && size.width < (420 + 240) * s + 1) {
    out.tabs = true;
    first = {options.shown == Instrument::Prediction ? prediction : ledger};
  }
  const float upper = two ? std::floor(size.height * 0.45f) : size.height;
  row(first, 0, upper);
  if (two) {
    out.lines.push_back({0, upper, size.width, 1});
    row({byLayer, drops}, upper + 1, size.height - upper - 1);
  }
  return out;
}

float centralHeight(int experts, double textScale) {
  const double rows = std::clamp(experts * 17.0, 16 * 17.0, 28 * 17.0);
  return static_cast<float>((kStripTwoRows + kRail + 1 + kTitleHeight + kHeadHeight + kFooterHeight + rows) *
                            textScale);
}

float leastCentralHeight(double textScale) {
  return static_cast<float>((kStripOneRow + kRail + 1 + kTitleHeight + kHeadHeight + kFooterHeight + 8 * kRowMin) *
                            textScale);
}

std::optional<Rect> placeOf(const std::vector<PlacedInstrument>& places, Instrument instrument) {
  for (const PlacedInstrument& place : places) {
    if (place.instrument == instrument) return place.rect;
  }
  return std::nullopt;
}

}  // namespace ui
