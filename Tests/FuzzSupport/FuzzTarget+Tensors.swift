import Foundation
import JEPA
import JEPAPoint
import JEPATensor

extension FuzzTarget {
  /// Everything that can be asked of a safetensors file.
  @Sendable private static func readAll(_ path: String) throws {
    let file = try SafetensorsFile(URL(filePath: path))
    try file.verifyChecksum()
    for entry in file.entries.prefix(50) {
      if entry.dtype.isInteger { _ = try? file.integers(named: entry.name) }
      if entry.dtype.natural != nil { _ = try file.tensor(named: entry.name) }
      _ = try file.bytes(named: entry.name)
    }
  }

  private static let words =
    SafetensorsDType.allCases.map { "\"\($0.rawValue)\"" } + [
      "\"dtype\":", "\"shape\":", "\"data_offsets\":", "\"__metadata__\":", "[0,8]", "[2,2]", "[]",
      "{}", "\\u0041", "\\ud800", "\"checksum\":\"crc32c:00000000\"",
    ]

  /// Whole files.
  static func safetensors(_ seed: UInt64, _ place: FuzzPlace) throws -> FuzzTarget {
    let path = place.path + "/seed.safetensors"
    let writer = try SafetensorsWriter(
      to: URL(filePath: path),
      tensors: [
        .init(name: "a.weight", dtype: .float32, shape: [2, 3]),
        .init(name: "b", dtype: .bfloat16, shape: [4]),
        .init(name: "c", dtype: .int64, shape: [2, 1, 1]),
      ], metadata: ["step": "3", "note": "ü\"\\"], checksummed: true)
    try writer.append(Tensor.zeros([2, 3]), to: "a.weight")
    try writer.append(Tensor.zeros([4], dtype: .bfloat16), to: "b")
    try [Int64(3), -4].withUnsafeBytes { try writer.append(bytes: $0, to: "c") }
    try writer.finish()
    let whole = Array(try Data(contentsOf: URL(filePath: path)))
    return FuzzTarget("safetensors", seeds: [whole], words: words, seed: seed) { bytes in
      try readAll(place.write(bytes, "fuzz.safetensors"))
    }
  }

  /// Headers alone, in a file that is otherwise sound.
  static func safetensorsHeader(_ seed: UInt64, _ place: FuzzPlace) -> FuzzTarget {
    let seeds = [
      #"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"b":{"dtype":"U8","shape":[32],"data_offsets":[32,64]}}"#,
      #"{"__metadata__":{"format":"pt"},"x":{"dtype":"F64","shape":[8],"data_offsets":[0,64]}}"#,
      #"{"x":{"dtype":"F8_E4M3","shape":[4,4,4],"data_offsets":[0,64]}}"#,
    ]
    return FuzzTarget(
      "safetensors-header", seeds: seeds.map { Array($0.utf8) }, words: words, seed: seed,
      finish: { header in
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        return length + header + (0..<64).map { UInt8($0) }
      }, read: { try readAll(place.write($0, "header.safetensors")) })
  }

  /// An encoder, and the checkpoint of a training run, from a file whose header is changed.
  static func checkpoint(_ seed: UInt64, _ place: FuzzPlace) throws -> FuzzTarget {
    var random = RandomSource(seed: 1)
    let sizes = VisionTransformerConfiguration(
      patchSize: 4, imageHeight: 8, imageWidth: 8, embedDimensions: 4, depth: 1, heads: 1)
    let model = JEPAModel(
      encoder: VisionTransformer(sizes, using: &random),
      predictor: Predictor(
        grid: sizes.grid, embedDimensions: 4, dimensions: 4, depth: 1, heads: 1, using: &random),
      head: PointHead(contextDimensions: 4, targetDimensions: 4, using: &random))
    let trainer = Trainer(model: model, shards: 1, random: random)
    let url = URL(filePath: place.path + "/seed-checkpoint.safetensors")
    try Checkpoint.write(trainer, configuration: TrainingConfiguration(), to: url)
    let whole = Array(try Data(contentsOf: url))
    let start = 8 + whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let data = Array(whole[start...])
    // The checksum would refuse every change; a writer who means harm leaves it out.
    let text = String(decoding: whole[8..<start], as: UTF8.self)
      .replacing("jepa-checkpoint-2", with: "jepa-checkpoint-1")
      .replacing(/"checksum":"crc32c:[0-9a-f]{8}",/, with: "")
    let words =
      words + ["\"num_heads\":\"0\"", "\"image_height\":\"-8\"", "\"shards\":\"0\"", "[4,3,4,4]"]
    return FuzzTarget(
      "checkpoint", seeds: [Array(text.utf8)], words: words, seed: seed,
      finish: { header in
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        return length + header + data
      },
      read: { bytes in
        let url = URL(filePath: place.write(bytes, "checkpoint.safetensors"))
        _ = try EncoderFile(url).encoder()
        var copy = trainer
        _ = try Checkpoint.shards(at: url)
        try Checkpoint.restore(&copy, from: url)
      })
  }
}
