/** An SVG as a picture that Slack and mail programs show. */

/** Wide enough for a phone held sideways, twice as sharp. */
const PNG_WIDTH = 1_600;

/**
 * A PNG of 1600 points width. The library is loaded when the first picture is drawn: most processes never draw one. Text
 * takes a font of the system (Debian: fonts-dejavu-core); without any it is missing.
 * @throws what the library throws for text that is no SVG.
 */
export async function pngOf(svg: string): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(svg, {
    fitTo: { mode: 'width', value: PNG_WIDTH },
    font: { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  return image.asPng();
}
