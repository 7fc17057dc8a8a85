import Foundation
import JEPATensor
import JEPAViT
import JEPATestSupport

extension VisionTransformerConfiguration {
  /// Two blocks of width 16 with two heads for images of height × width in patches of 4.
  static func small(
    height: Int = 16, width: Int = 16, patchSize: Int = 4, depth: Int = 2
  ) -> VisionTransformerConfiguration {
    VisionTransformerConfiguration(
      patchSize: patchSize, imageHeight: height, imageWidth: width, embedDimensions: 16,
      depth: depth, heads: 2)
  }
}

extension VisionTransformer {
  /// An encoder whose every trained tensor is random, biases and norms included.
  static func scrambled(
    _ configuration: VisionTransformerConfiguration = .small(), seed: UInt64 = 1,
    dtype: DType = .float64
  ) -> VisionTransformer {
    var random = RandomSource(seed: seed)
    var encoder = VisionTransformer(configuration, dtype: dtype, using: &random)
    encoder.scramble(using: random.split("scramble"))
    return encoder
  }
}

/// [count, 3, height, width] draws from N(0, 1).
func images(_ count: Int, height: Int = 16, width: Int = 16, seed: UInt64 = 2) -> Tensor {
  var random = RandomSource(seed: seed)
  return .normal([count, 3, height, width], using: &random)
}

/// A folder that goes when the value does.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "jepa-vit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}
