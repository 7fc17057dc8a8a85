import Foundation
import JEPATensor
import Testing

@Suite struct SafetensorsWriterTests {
  @Test func writesTheSameBytesAsTheFormatsLibrary() throws {
    let golden = try #require(
      Bundle.module.url(
        forResource: "all_dtypes", withExtension: "safetensors", subdirectory: "Resources"))
    let file = try SafetensorsFile(golden)
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "copy.safetensors")
    // Neither the order of declaration nor that of writing shows.
    let writer = try SafetensorsWriter(
      to: url,
      tensors: file.entries.reversed().map {
        .init(name: $0.name, dtype: $0.dtype, shape: $0.shape)
      },
      metadata: file.metadata)
    for name in file.names.sorted() {
      try file.withUnsafeBytes(named: name) { try writer.append(bytes: $0, to: name) }
    }
    try writer.finish()
    #expect(try Data(contentsOf: url) == Data(contentsOf: golden))
  }

  @Test(arguments: DType.allCases) func roundTrip(_ dtype: DType) throws {
    var random = RandomSource(seed: 3)
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "x.safetensors")
    let tensors = [[], [1], [0], [3, 0, 2], [5, 7], [2, 3, 4, 5]].map { shape in
      ("shape \(shape)", Tensor.normal(shape, dtype: dtype, using: &random))
    }
    try Safetensors.write(
      tensors: tensors, integers: [("step", [2], [7, .min])], metadata: ["b": "1", "a": ""],
      to: url)
    let file = try SafetensorsFile(url)
    #expect(file.metadata == ["b": "1", "a": ""])
    #expect(try file.integers(named: "step") == [7, .min])
    for (name, tensor) in tensors {
      let read = try file.tensor(named: name)
      #expect(read.dtype == dtype && read.shape == tensor.shape)
      #expect(read.doubles() == tensor.doubles())
    }
  }

  @Test func everyTensorIsAligned() throws {
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "x.safetensors")
    try Safetensors.write(
      tensors: [
        ("a", Tensor([1, 2, 3], shape: [3], dtype: .bfloat16)), ("b", Tensor([1], shape: [1])),
        ("c", Tensor([1, 2, 3] as [Float], shape: [3])),
      ], integers: [("d", [1], [1])], metadata: ["odd": "len"], to: url)
    let bytes = try [UInt8](Data(contentsOf: url))
    #expect((8 + Int(bytes[0])) % 8 == 0)
    for entry in try SafetensorsFile(url).entries {
      #expect(entry.byteRange.lowerBound % (entry.dtype.bitWidth / 8) == 0)
    }
  }

  @Test func streamsTensorsSideBySide() throws {
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "x.safetensors")
    let writer = try SafetensorsWriter(
      to: url,
      tensors: [
        .init(name: "tokens", dtype: .float32, shape: [4, 3]),
        .init(name: "pooled", dtype: .float32, shape: [4]),
      ])
    for i in 0..<4 {
      try writer.append(Tensor.full([1, 3], Double(i)), to: "tokens")
      try writer.append(Tensor.full([1], Double(-i)), to: "pooled")
      #expect(!FileManager.default.fileExists(atPath: url.path))
    }
    try writer.finish()
    let file = try SafetensorsFile(url)
    #expect(try file.tensor(named: "tokens").floats() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    #expect(try file.tensor(named: "pooled").floats() == [0, -1, -2, -3])
    #expect(throws: SafetensorsError.self) { try writer.finish() }
    #expect(throws: SafetensorsError.self) { try writer.append(Tensor.ones([1]), to: "pooled") }
  }

  @Test func failureLeavesTheOldFileAndNothingElse() throws {
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "x.safetensors")
    let old = Tensor([1, 2] as [Float], shape: [2])
    try Safetensors.write(tensors: [("a", old)], to: url)
    let failures: [(reason: String, body: () throws -> Void)] = [
      (
        "got 4 of its 8",
        {
          let writer = try SafetensorsWriter(
            to: url, tensors: [.init(name: "a", dtype: .float32, shape: [2])])
          try writer.append(Tensor.ones([1]), to: "a")
          try writer.finish()
        }
      ),
      (
        "given 12 bytes",
        {
          let writer = try SafetensorsWriter(
            to: url, tensors: [.init(name: "a", dtype: .float32, shape: [2])])
          try writer.append(Tensor.ones([3]), to: "a")
        }
      ),
      (
        "declared as F32 and given F64",
        {
          let writer = try SafetensorsWriter(
            to: url, tensors: [.init(name: "a", dtype: .float32, shape: [2])])
          try writer.append(Tensor.ones([2], dtype: .float64), to: "a")
        }
      ),
      (
        "not declared",
        {
          let writer = try SafetensorsWriter(to: url, tensors: [])
          try writer.append(Tensor.ones([2]), to: "a")
        }
      ),
      ("given twice", { try Safetensors.write(tensors: [("a", old), ("a", old)], to: url) }),
      ("keeps for metadata", { try Safetensors.write(tensors: [("__metadata__", old)], to: url) }),
      (
        "overflows",
        {
          _ = try SafetensorsWriter(
            to: url, tensors: [.init(name: "a", dtype: .float32, shape: [.max, 2])])
        }
      ),
      (
        "write less metadata",
        {
          let long = String(repeating: "x", count: 100_000_001)
          try Safetensors.write(tensors: [], metadata: ["k": long], to: url)
        }
      ),
    ]
    for (reason, body) in failures {
      let error = #expect(throws: SafetensorsError.self, performing: body)
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      #expect(names == ["x.safetensors"])
      #expect(try SafetensorsFile(url).tensor(named: "a").floats() == [1, 2])
    }
    // A writer nobody finishes.
    _ = try SafetensorsWriter(to: url, tensors: [.init(name: "b", dtype: .int8, shape: [1])])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 1)
  }

  @Test func namesTheFolderThatIsMissing() throws {
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "absent/x.safetensors")
    let error = #expect(throws: SafetensorsError.self) {
      try Safetensors.write(tensors: [], to: url)
    }
    #expect(error?.description.contains("No such file") == true)
    // A folder in the file's place: the temporary file is gone too.
    let place = folder.url.appending(path: "place")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    #expect(throws: SafetensorsError.self) { try Safetensors.write(tensors: [], to: place) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["place"])
  }
}
