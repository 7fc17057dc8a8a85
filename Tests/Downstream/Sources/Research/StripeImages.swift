import JEPA
import JEPAData
import JEPATensor

/// Stripes of one of four directions: a data set that needs no files.
public struct StripeImages: ImageDataset {
  public let count: Int
  public let size: Int
  public let classNames = ["horizontal", "vertical", "rising", "falling"]
  private let random: RandomSource

  public init(count: Int, size: Int, seed: UInt64, split: DatasetSplit) {
    (self.count, self.size) = (count, size)
    random = RandomSource(seed: seed).split(split.rawValue)
  }

  public func label(at index: Int) -> Int { index % classNames.count }
  public func name(at index: Int) -> String { "stripes \(index)" }

  public func image(at index: Int) -> Image {
    var random = random.split(index)
    let (period, phase) = (4 + 8 * random.uniform(), 8 * random.uniform())
    let (dx, dy) = [(0, 1), (1, 0), (1, 1), (1, -1)][label(at: index)]
    var pixels: [UInt8] = []
    for y in 0..<size {
      for x in 0..<size {
        let place = (Double(x * dx + y * dy) + phase).truncatingRemainder(dividingBy: period)
        let isLight = (place + period).truncatingRemainder(dividingBy: period) < period / 2
        pixels += [UInt8](repeating: isLight ? 220 : 30, count: 3)
      }
    }
    return Image(width: size, height: size, pixels: pixels)
  }
}

extension DatasetKind {
  public static let stripes = DatasetKind(
    "stripes", summary: "Stripes of four directions.", isDrawn: true
  ) { data, split in
    StripeImages(
      count: split == .train ? data.samples ?? 256 : 64, size: data.cropSize,
      seed: data.sceneSeed, split: split)
  }
}
