#include "app/fonts.h"

#include <QStringList>

namespace app {
namespace {

QStringList familiesOf(ui::TextFont font) {
  switch (font) {
    case ui::TextFont::Numbers:
      return {"JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono"};
    case ui::TextFont::Token:
      // Qt looks further by itself; these come first so that scripts have the face that was drawn for them, and emoji
      // their colours (DejaVu draws some of them in black).
      return {"Inter",
              "Noto Sans",
              "Noto Color Emoji",
              "Noto Sans Arabic",
              "Noto Sans Hebrew",
              "Noto Sans Devanagari",
              "Noto Sans Thai",
              "Noto Sans CJK SC",
              "Noto Sans CJK JP",
              "Noto Sans CJK KR",
              "Noto Sans Symbols2",
              "Noto Sans Symbols",
              "Noto Sans Math",
              "DejaVu Sans"};
    case ui::TextFont::Words:
      break;
  }
  return {"Inter", "Noto Sans", "DejaVu Sans"};
}

}  // namespace

QFont makeFont(ui::TextFont font, int weight, int pixels) {
  QFont result;
  result.setFamilies(familiesOf(font));
  result.setPixelSize(qMax(1, pixels));
  result.setWeight(static_cast<QFont::Weight>(weight));
  // Advances that do not depend on the size: a picture at twice the scale is the same picture.
  result.setHintingPreference(QFont::PreferNoHinting);
  if (font == ui::TextFont::Numbers) result.setStyleHint(QFont::Monospace);
  return result;
}

}  // namespace app
