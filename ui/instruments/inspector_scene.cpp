#include "ui/instruments/inspector_scene.h"

#include <cmath>

#include "ui/instruments/panel.h"

namespace ui {

Scene makeInspectorScene(const InspectorView& v, Size size, const Look& look) {
  if (v.panel.notice) return emptyScene(Instrument::Inspector, v.panel, size, look, v.description);
  Panel p(Instrument::Inspector, size, look);
  const float bar = p.titleBar(v.panel), row = p.u(18), right = p.width - p.pad();
  const auto& say = look.say;
  // Quantity, value, unit, hook; then shape and formula as the width allows.
  const float quantity = p.pad(), valueRight = quantity + p.u(220), unit = valueRight + p.u(8), hook = unit + p.u(64);
  const float shape = hook + p.u(150), formula = shape + p.u(90);
  float y = bar + p.u(11);
  p.fitted(quantity, y, p.u(120), say(Say::ColumnQuantity), p.words(), p.theme.fg3);
  p.text(valueRight, y, say(Say::ColumnValueHead), p.words(), p.theme.fg3, Scene::Align::Right);
  const auto head = [&](float x, float width, Say name) {
    if (x + width <= right) p.fitted(x, y, width, say(name), p.words(), p.theme.fg3);
  };
  head(hook, p.u(60), Say::ColumnHook);
  head(shape, p.u(60), Say::ColumnShape);
  head(formula, p.u(100), Say::ColumnFormula);
  y = bar + p.u(24);
  for (size_t i = 0; i < v.rows.size() && y + row <= p.height; ++i, y += row) {
    const InspectorRow& r = v.rows[i];
    const float centre = y + row / 2;
    if (i % 2 == 1) p.scene.fill({0, y, p.width, row}, p.theme.bg2);
    const Rect value = p.fitted(valueRight, centre, p.u(100), r.value, p.numbers(),
                                r.warns ? p.theme.dropped : p.theme.fg1, Scene::Align::Right);
    p.fitted(quantity, centre, value.x - p.u(8) - quantity, r.quantity, p.words(), p.theme.fg1);
    p.fitted(unit, centre, std::min(hook, right) - unit - 4, r.unit, p.words(), p.theme.fg3);
    if (hook + p.u(60) <= right)
      p.fitted(hook, centre, std::min(shape - 8, right) - hook, r.hook, p.numbers(), p.theme.fg3);
    if (shape + p.u(60) <= right) p.fitted(shape, centre, p.u(84), r.shape, p.numbers(), p.theme.fg2);
    if (formula + p.u(100) <= right) p.fitted(formula, centre, right - formula, r.formula, p.words(), p.theme.fg3);
  }
  describeInto(p.scene, v.description);
  return p.take();
}

}  // namespace ui
