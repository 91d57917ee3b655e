#include "app/arrow_icons.h"

#include <QPainter>
#include <QPixmap>

#include "app/style.h"

namespace app {
namespace {

QPixmap draw(Arrow arrow, bool toEnd, const QColor& colour, int size, int ratio) {
  QPixmap pixmap(size * ratio, size * ratio);
  pixmap.setDevicePixelRatio(ratio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.translate(size / 2.0, size / 2.0);
  // Drawn pointing right, then turned.
  painter.rotate(arrow == Arrow::Right ? 0 : arrow == Arrow::Down ? 90 : arrow == Arrow::Left ? 180 : 270);
  const double h = size * 0.36, w = size * 0.32, shift = toEnd ? -size * 0.08 : 0;
  painter.drawPolygon(QPolygonF{{-w + shift, -h}, {w + shift, 0}, {-w + shift, h}});
  if (toEnd) painter.drawRect(QRectF(w + shift + size * 0.02, -h, size * 0.12, 2 * h));
  return pixmap;
}

}  // namespace

QIcon arrowIcon(Arrow arrow, bool toEnd, const ui::Theme& theme, int size) {
  QIcon icon;
  for (const int ratio : {1, 2, 3}) {
    icon.addPixmap(draw(arrow, toEnd, toQt(theme.fg1), size, ratio), QIcon::Normal);
    icon.addPixmap(draw(arrow, toEnd, toQt(theme.line2), size, ratio), QIcon::Disabled);
  }
  return icon;
}

}  // namespace app
