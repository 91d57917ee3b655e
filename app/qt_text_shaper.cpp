// How a text becomes glyph pictures:
// 1. It is laid out once at a reference size of 64 pixels, where rounding does not matter; positions are kept in ems.
//    Numbers and plain labels skip the layout: one glyph a character, no ligatures, so "->" stays two characters.
// 2. For a size and device scale the positions are multiplied up, and each glyph's picture is made by its own font at
//    that exact size, at one of four fractions of a pixel, and put into the atlas.
// Both steps are cached; the second is repeated when the atlas was cleared.
#include "app/qt_text_shaper.h"

#include <QGlyphRun>
#include <QHash>
#include <QImage>
#include <QPainter>
#include <QTextLayout>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "app/fonts.h"

namespace app {
namespace {

constexpr int kReference = 64;      // pixels of the em that layouts are made at
constexpr int kPhases = 4;          // pictures of a glyph, each a quarter of a pixel further right
constexpr size_t kMaxKept = 16384;  // texts in a cache before it is emptied

struct EmGlyph {
  int font = 0;  // into State::fonts
  quint32 index = 0;
  float x = 0, y = 0;  // ems
};

struct Layout {
  std::vector<EmGlyph> glyphs;
  float width = 0;  // ems
};

struct GlyphKey {
  int font = 0;
  quint32 index = 0;
  int size = 0;  // 1/64 pixel
  int phase = 0;
  friend bool operator==(const GlyphKey&, const GlyphKey&) = default;
};

size_t qHash(const GlyphKey& key, size_t seed = 0) {
  return qHashMulti(seed, key.font, key.index, key.size, key.phase);
}

struct Picture {
  ui::Glyph glyph;  // x, y: from the pen to the picture
  bool blank = false;
};

std::string keyOf(std::string_view text, ui::TextFont font, int weight) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(font)));
  key += std::to_string(weight);
  key += '\n';
  key += text;
  return key;
}

QString withoutBreaks(std::string_view text) {
  QString result = QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
  for (QChar& c : result) {
    if (c == u'\n' || c == u'\r' || c == u'\t' || c == QChar::LineSeparator || c == QChar::ParagraphSeparator) c = u' ';
  }
  return result;
}

// Characters that stand alone in every font: nothing joins, reorders or combines.
bool isPlain(const QString& text) {
  for (const QChar c : text) {
    const ushort u = c.unicode();
    const bool plain = (u >= 0x20 && u < 0x7F) || (u >= 0xA0 && u <= 0xFF && u != 0xAD) ||
                       (u >= 0x2010 && u <= 0x22FF && c.category() != QChar::Other_Format &&
                        c.category() != QChar::Mark_NonSpacing && c.category() != QChar::Mark_Enclosing);
    if (!plain) return false;
  }
  return true;
}

}  // namespace

struct QtTextShaper::State {
  struct Face {  // a font of the look, before anything falls back
    QFont font;
    QRawFont raw;
    int id = 0;
  };

  ui::GlyphAtlas atlas;
  std::vector<QRawFont> fonts;  // at the reference size
  QHash<QRawFont, int> fontIds;
  QHash<QPair<int, int>, QRawFont> sized;  // (font, size in 1/64 pixel)
  QHash<int, Face> faces;
  QHash<GlyphKey, Picture> pictures;
  uint32_t picturesGeneration = 0;
  std::unordered_map<std::string, Layout> layouts;
  std::unordered_map<std::string, ui::ShapedText> shaped;

  int idOf(const QRawFont& raw) {
    const auto found = fontIds.constFind(raw);
    if (found != fontIds.constEnd()) return *found;
    const int id = static_cast<int>(fonts.size());
    fonts.push_back(raw);
    fontIds.insert(raw, id);
    return id;
  }

  const Face& faceOf(ui::TextFont font, int weight) {
    const int key = static_cast<int>(font) * 1000 + weight;
    auto found = faces.find(key);
    if (found == faces.end()) {
      Face face;
      face.font = makeFont(font, weight, kReference);
      face.raw = QRawFont::fromFont(face.font);
      face.id = idOf(face.raw);
      found = faces.insert(key, face);
    }
    return *found;
  }

  const QRawFont& fontAt(int id, int size) {
    auto found = sized.find({id, size});
    if (found == sized.end()) {
      QRawFont raw = fonts[static_cast<size_t>(id)];
      raw.setPixelSize(size / 64.0);
      found = sized.insert({id, size}, raw);
    }
    return *found;
  }

  const Layout& layout(std::string_view text, ui::TextFont font, int weight) {
    if (layouts.size() > kMaxKept) layouts.clear();
    const auto [entry, isNew] = layouts.try_emplace(keyOf(text, font, weight));
    if (isNew) {
      const QString unicode = withoutBreaks(text);
      const Face& face = faceOf(font, weight);
      if (font != ui::TextFont::Numbers || !isPlain(unicode) || !layOutPlain(unicode, face, entry->second)) {
        layOutWithQt(unicode, face, entry->second);
      }
    }
    return entry->second;
  }

  bool layOutPlain(const QString& text, const Face& face, Layout& result) {
    const QList<quint32> indexes = face.raw.glyphIndexesForString(text);
    if (indexes.size() != text.size() || indexes.contains(0)) return false;
    const QList<QPointF> advances = face.raw.advancesForGlyphIndexes(indexes);
    double x = 0;
    for (qsizetype i = 0; i < indexes.size(); ++i) {
      result.glyphs.push_back({face.id, indexes[i], static_cast<float>(x / kReference), 0});
      x += advances[i].x();
    }
    result.width = static_cast<float>(x / kReference);
    return true;
  }

  void layOutWithQt(const QString& text, const Face& face, Layout& result) {
    QTextLayout qt(text, face.font);
    QTextOption option;
    option.setWrapMode(QTextOption::NoWrap);
    qt.setTextOption(option);
    qt.beginLayout();
    QTextLine line = qt.createLine();
    if (line.isValid()) line.setLineWidth(1e7);
    qt.endLayout();
    if (!line.isValid()) return;
    result.width = static_cast<float>(line.horizontalAdvance() / kReference);
    const double left = line.naturalTextRect().x();  // text that runs right to left starts at the far edge
    for (const QGlyphRun& run : qt.glyphRuns()) {
      const int id = idOf(run.rawFont());
      const QList<quint32> indexes = run.glyphIndexes();
      const QList<QPointF> positions = run.positions();
      for (qsizetype i = 0; i < indexes.size(); ++i) {
        result.glyphs.push_back({id, indexes[i], static_cast<float>((positions[i].x() - left) / kReference),
                                 static_cast<float>((positions[i].y() - line.ascent()) / kReference)});
      }
    }
  }

  Picture makePicture(const GlyphKey& key) {
    const QRawFont& font = fontAt(key.font, key.size);
    const QRectF bounds = font.boundingRect(key.index);
    if (bounds.isEmpty()) return {{}, true};
    const int left = static_cast<int>(std::floor(bounds.left())) - 1,
              top = static_cast<int>(std::floor(bounds.top())) - 1;
    const int width = static_cast<int>(std::ceil(bounds.right())) + 2 - left;
    const int height = static_cast<int>(std::ceil(bounds.bottom())) + 1 - top;
    QImage image(width, height, QImage::Format_ARGB32_Premultiplied);
    if (image.isNull()) return {{}, true};
    image.fill(Qt::transparent);
    QGlyphRun run;
    run.setRawFont(font);
    run.setGlyphIndexes({key.index});
    run.setPositions({QPointF(0, 0)});
    QPainter painter(&image);
    painter.setPen(Qt::white);
    painter.drawGlyphRun(QPointF(-left + key.phase / static_cast<double>(kPhases), -top), run);
    painter.end();
    return store(image, left, top);
  }

  // White ink, premultiplied, has all channels equal; whatever has not is a picture with colours of its own.
  Picture store(const QImage& image, int left, int top) {
    bool coloured = false;
    std::vector<uint8_t> coverage;
    coverage.reserve(static_cast<size_t>(image.width()) * static_cast<size_t>(image.height()));
    for (int y = 0; y < image.height(); ++y) {
      const QRgb* row = reinterpret_cast<const QRgb*>(image.constScanLine(y));
      for (int x = 0; x < image.width(); ++x) {
        coverage.push_back(static_cast<uint8_t>(qAlpha(row[x])));
        coloured |=
            qRed(row[x]) != qAlpha(row[x]) || qGreen(row[x]) != qAlpha(row[x]) || qBlue(row[x]) != qAlpha(row[x]);
      }
    }
    std::optional<ui::GlyphAtlas::Place> place;
    if (coloured) {
      const QImage rgba = image.convertToFormat(QImage::Format_RGBA8888);
      place = atlas.addColour(rgba.width(), rgba.height(), {rgba.constBits(), static_cast<size_t>(rgba.sizeInBytes())});
    } else {
      place = atlas.addCoverage(image.width(), image.height(), coverage);
    }
    if (!place) return {{}, true};
    Picture picture;
    picture.glyph.x = static_cast<int16_t>(left);
    picture.glyph.y = static_cast<int16_t>(top);
    picture.glyph.width = static_cast<uint16_t>(image.width());
    picture.glyph.height = static_cast<uint16_t>(image.height());
    picture.glyph.u = place->u;
    picture.glyph.v = place->v;
    picture.glyph.coloured = coloured;
    return picture;
  }

  // By value: making a picture may clear the atlas, and with it the table.
  Picture picture(const GlyphKey& key) {
    if (picturesGeneration != atlas.generation()) forgetPictures();
    const auto found = pictures.constFind(key);
    if (found != pictures.constEnd()) return *found;
    const Picture made = makePicture(key);
    if (picturesGeneration != atlas.generation()) forgetPictures();
    pictures.insert(key, made);
    return made;
  }

  void forgetPictures() {
    pictures.clear();
    picturesGeneration = atlas.generation();
  }

  void place(const Layout& from, double pixels, ui::ShapedText& to) {
    const int size = static_cast<int>(std::lround(pixels * 64));
    // A second pass if the atlas was cleared half way through.
    for (int attempt = 0; attempt < 2 && to.generation != atlas.generation(); ++attempt) {
      to.glyphs.clear();
      to.generation = atlas.generation();
      for (const EmGlyph& glyph : from.glyphs) {
        const int quarters = static_cast<int>(std::lround(glyph.x * pixels * kPhases));
        const int whole = quarters >= 0 ? quarters / kPhases : -((-quarters + kPhases - 1) / kPhases);
        Picture made = picture({glyph.font, glyph.index, size, quarters - whole * kPhases});
        if (made.blank) continue;
        made.glyph.x = static_cast<int16_t>(made.glyph.x + whole);
        made.glyph.y = static_cast<int16_t>(made.glyph.y + std::lround(glyph.y * pixels));
        to.glyphs.push_back(made.glyph);
      }
    }
  }
};

QtTextShaper::QtTextShaper() : m_state(std::make_unique<State>()) {}
QtTextShaper::~QtTextShaper() = default;

float QtTextShaper::width(std::string_view text, const ui::TextStyle& style) const {
  return m_state->layout(text, style.font, style.weight).width * style.size;
}

ui::TextMetrics QtTextShaper::metrics(const ui::TextStyle& style) const {
  const QRawFont& raw = m_state->faceOf(style.font, style.weight).raw;
  const float perPixel = style.size / kReference;
  return {static_cast<float>(raw.ascent()) * perPixel, static_cast<float>(raw.descent()) * perPixel,
          static_cast<float>(raw.capHeight()) * perPixel};
}

const ui::ShapedText& QtTextShaper::shape(std::string_view text, const ui::TextStyle& style, float deviceScale) {
  State& state = *m_state;
  if (state.shaped.size() > kMaxKept) state.shaped.clear();
  const double pixels = static_cast<double>(style.size) * deviceScale;
  std::string key = std::to_string(std::lround(pixels * 64));
  key += ' ';
  key += keyOf(text, style.font, style.weight);
  const auto [entry, isNew] = state.shaped.try_emplace(std::move(key));
  ui::ShapedText& result = entry->second;
  if (isNew) result.generation = state.atlas.generation() - 1;
  if (result.generation != state.atlas.generation()) {
    const Layout& layout = state.layout(text, style.font, style.weight);
    result.width = layout.width * style.size;
    state.place(layout, pixels, result);
  }
  return result;
}

const ui::GlyphAtlas& QtTextShaper::atlas() const { return m_state->atlas; }

}  // namespace app
