// The look of the Qt half of the window: palette, fonts and style sheet, all made from the theme that also paints the
// instruments.
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>
#include <QString>

#include "ui/theme.h"

class QApplication;

namespace app {

QColor toQt(ui::Colour colour);
QPalette makePalette(const ui::Theme& theme);
QString makeStyleSheet(const ui::Theme& theme);

// Word and number fonts of the look at a size in logical pixels.
QFont wordFont(const ui::Theme& theme, double size = ui::kSizeWord, int weight = 400);
QFont numberFont(const ui::Theme& theme, double size = ui::kSizeNumber, int weight = 400);

// Without motion nothing of the toolkit slides or fades.
void applyStyle(QApplication& application, const ui::Theme& theme, bool withoutMotion);

}  // namespace app
