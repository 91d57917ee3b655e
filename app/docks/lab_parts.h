// What the pages of the lab have in common: columns that scroll, paragraphs, a bar with its Cancel.
#pragma once

#include <QString>
#include <functional>

class QLabel;
class QProgressBar;
class QScrollArea;
class QWidget;

namespace app {

QLabel* wordsPart(const char* role, const QString& name);
QScrollArea* scrolledPart(QWidget* inside, int width, const QString& name);
// A bar from 0 to 1000 (`bar`) with a button that cancels.
QWidget* progressPart(QProgressBar** bar, const QString& barName, const QString& cancelName, const QString& words,
                      const std::function<void()>& cancel);

}  // namespace app
