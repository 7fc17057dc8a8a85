import Foundation
import JEPA
import JEPAData
import JEPAEval

/// A picture of what an encoder finds alike: per row a validation image and, after a gap, the training
/// images nearest to it, those of its own class framed in green, the others in red.
struct NeighbourPicture {
  var rows = 8
  var neighbours = 8
  private let side = 64
  private let frame = 3

  func write(
    queries: any ImageDataset, queryFeatures: LabeledFeatures, train: any ImageDataset,
    trainFeatures: LabeledFeatures, to url: URL
  ) throws {
    let rows = min(rows, queryFeatures.count)
    let chosen = (0..<rows).map { $0 * queryFeatures.count / rows }
    let nearest = NearestNeighbours.rows(
      nearestTo: queryFeatures.features.gatherRows(chosen), in: trainFeatures.features,
      count: neighbours)
    var tiles: [Image] = []
    for (query, found) in zip(chosen, nearest) {
      let label = queryFeatures.labels[query]
      tiles.append(framed(try queries.image(at: query), (255, 255, 255)))
      for row in found {
        let isSame = trainFeatures.labels[row] == label
        tiles.append(framed(try train.image(at: row), isSame ? (0, 158, 115) : (213, 94, 0)))
      }
    }
    let columns = 1 + min(neighbours, trainFeatures.count)
    try PNGFile.write(Image.contactSheet(tiles, columns: columns, gap: 4), to: url)
  }

  private func framed(_ image: Image, _ colour: (Int, Int, Int)) -> Image {
    let inner = image.resized(width: side, height: side, interpolation: .bicubic)
    let outer = side + 2 * frame
    return Image(width: outer, height: outer) { bytes in
      for y in 0..<outer {
        for x in 0..<outer {
          let at = 3 * (y * outer + x)
          let inside = (frame..<frame + side).contains(x) && (frame..<frame + side).contains(y)
          let pixel =
            inside
            ? inner[x - frame, y - frame]
            : (red: UInt8(colour.0), green: UInt8(colour.1), blue: UInt8(colour.2))
          (bytes[at], bytes[at + 1], bytes[at + 2]) = (pixel.red, pixel.green, pixel.blue)
        }
      }
    }
  }
}
