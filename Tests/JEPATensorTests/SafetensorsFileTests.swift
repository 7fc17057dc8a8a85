import Foundation
import JEPATensor
import Testing

/// A folder that goes away with the value.
final class SafetensorsFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "safetensors-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func file(_ bytes: [UInt8], name: String = "x.safetensors") throws -> URL {
    let file = url.appending(path: name)
    try Data(bytes).write(to: file)
    return file
  }

  /// A file of `header` and as many bytes of data as `dataCount`.
  func file(header: [UInt8], length: UInt64? = nil, dataCount: Int) throws -> URL {
    let length = length ?? UInt64(header.count)
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return try file(prefix + header + (0..<dataCount).map { UInt8($0 % 256) })
  }
}

@Suite struct SafetensorsFileTests {
  let golden = Bundle.module.url(
    forResource: "all_dtypes", withExtension: "safetensors", subdirectory: "Resources")

  @Test func readsEveryTypeTheFormatsLibraryWrites() throws {
    let file = try SafetensorsFile(#require(golden))
    #expect(file.metadata == ["text": "ä \"quoted\"\n\t\\ \u{1} 😀"])
    #expect(file.names.first == "U64")
    #expect(file.names.last == "BOOL")
    let small: [Double] = [0, 1, -2.5, 0.015625, 448, -0.5]
    #expect(try file.tensor(named: "F32").floats() == small.map(Float.init))
    #expect(try file.tensor(named: "F32").shape == [2, 3])
    #expect(try file.tensor(named: "BF16").dtype == .bfloat16)
    #expect(try file.tensor(named: "BF16").doubles() == small)
    #expect(try file.tensor(named: "F64").dtype == .float64)
    #expect(try file.tensor(named: "F64").doubles() == small.map { $0 / 3 })
    #expect(try file.integers(named: "BOOL") == [1, 0, 1])
    #expect(try file.tensor(named: "BOOL").floats() == [1, 0, 1])
    let integers: [(String, [Int])] = [
      ("U8", [0, 1, 255]), ("I8", [-128, 0, 127]), ("I16", [-32768, 0, 32767]),
      ("U16", [0, 1, 65535]), ("I32", [-2_147_483_648, 0, 2_147_483_647]),
      ("U32", [0, 1, 4_294_967_295]), ("I64", [.min, 0, .max]),
    ]
    for (name, values) in integers {
      #expect(try file.integers(named: name) == values)
      #expect(try file.tensor(named: name).doubles() == values.map(Double.init))
    }
    #expect(try file.tensor(named: "U64").doubles() == [0, 1, Double(UInt64.max)])
    #expect(try file.shape(of: "scalar") == [])
    #expect(try file.tensor(named: "scalar").item() == 7)
    #expect(try file.tensor(named: "empty").shape == [0, 3])
    #expect(try file.bytes(named: "F4") == [0x21, 0x43, 0x65, 0x87])
    #expect(try file.shape(of: "F4") == [2, 4])
  }

  @Test(arguments: ["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F8_E8M0", "F16"])
  func widensSmallTypesExactly(_ name: String) throws {
    let file = try SafetensorsFile(#require(golden))
    #expect(try file.dtype(of: name).rawValue == name)
    let expected = try file.tensor(named: "widened " + name).floats()
    let values = try file.tensor(named: name).floats()
    #expect(values.count == expected.count)
    for (value, wanted) in zip(values, expected) {
      #expect(
        wanted.isNaN ? value.isNaN : value.bitPattern == wanted.bitPattern, "\(value) \(wanted)")
    }
  }

  @Test func refusesWhatNoTensorHolds() throws {
    let file = try SafetensorsFile(#require(golden))
    #expect(throws: SafetensorsError.self) { try file.tensor(named: "C64") }
    #expect(throws: SafetensorsError.self) { try file.tensor(named: "F4") }
    #expect(throws: SafetensorsError.self) { try file.integers(named: "F32") }
    #expect(throws: SafetensorsError.self) { try file.integers(named: "U64") }
    let error = #expect(throws: SafetensorsError.self) { try file.shape(of: "absent") }
    #expect(error?.tensor == "absent")
    #expect(error?.description.contains("all_dtypes.safetensors") == true)
  }

  @Test func selectsByPrefixAndConverts() throws {
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "x.safetensors")
    try Safetensors.write(
      tensors: [
        ("encoder.a", Tensor([1, 2] as [Float], shape: [2])),
        ("encoder.b.c", Tensor([3] as [Float], shape: [1])),
        ("other.a", Tensor([4] as [Float], shape: [1])),
      ], to: url)
    let tensors = try SafetensorsFile(url).tensors(prefix: "encoder.", as: .float64)
    #expect(Set(tensors.keys) == ["a", "b.c"])
    #expect(tensors["a"]?.dtype == .float64)
    #expect(tensors["a"]?.doubles() == [1, 2])
  }

  static let lies: [(reason: String, header: String, dataCount: Int)] = [
    ("ends at byte 12", #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#, 8),
    ("takes 12", #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8),
    (
      "overlaps tensor \"a\"",
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
        + #""b":{"dtype":"U8","shape":[3],"data_offsets":[2,5]}}"#, 5
    ),
    (
      "hole",
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"#
        + #""b":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}}"#, 5
    ),
    ("hole", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2),
    ("belong to none", #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#, 4),
    ("belong to none", "{}", 1),
    (
      "twice",
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
        + #""a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2
    ),
    ("twice", #"{"__metadata__":{"k":"v","k":"w"}}"#, 0),
    ("twice", #"{"__metadata__":{},"__metadata__":{}}"#, 0),
    ("\"shape\" twice", #"{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}"#, 1),
    (
      "overflows",
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0
    ),
    (
      "overflows",
      #"{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}"#, 0
    ),
    ("overflows", #"{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1]}}"#, 1),
    ("whole bytes", #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, 1),
    ("unknown dtype \"F7\"", #"{"a":{"dtype":"F7","shape":[1],"data_offsets":[0,1]}}"#, 1),
    ("unknown member", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, 1),
    ("no \"shape\"", #"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#, 1),
    ("start and an end", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}"#, 1),
    ("start and an end", #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, 1),
    ("whole number", #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, 1),
    ("comma or ]", #"{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}"#, 1),
    ("whole number", #"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#, 1),
    ("a string", #"{"__metadata__":{"k":1}}"#, 0),
    ("surrogate", #"{"__metadata__":{"k":"\ud800"}}"#, 0),
    ("hexadecimal", #"{"__metadata__":{"k":"\u12"}}"#, 0),
    ("end of a string", #"{"__metadata__"#, 0),
    ("end of the header", "{} {}", 0),
    ("does not begin with {", " {}", 0),
    ("does not begin with {", "", 0),
    ("a comma or }", "{\"__metadata__\":{}", 0),
  ]

  @Test(arguments: lies) func namesTheLie(
    _ lie: (reason: String, header: String, dataCount: Int)
  ) throws {
    let folder = try SafetensorsFolder()
    let url = try folder.file(header: Array(lie.header.utf8), dataCount: lie.dataCount)
    let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(url) }
    #expect(error?.description.contains(lie.reason) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix(url.path) == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func refusesLyingLengthsAndOtherFiles() throws {
    let folder = try SafetensorsFolder()
    func reason(_ url: URL) -> String {
      #expect(throws: SafetensorsError.self) { try SafetensorsFile(url) }?.reason ?? ""
    }
    let header = Array("{}      ".utf8)
    #expect(reason(try folder.file(header: header, length: 9, dataCount: 0)).contains("truncated"))
    #expect(
      reason(try folder.file(header: header, length: 100_000_001, dataCount: 0))
        .contains("more than"))
    #expect(
      reason(try folder.file(header: header, length: .max, dataCount: 0)).contains("more than"))
    #expect(reason(try folder.file([])).contains("0 bytes"))
    #expect(reason(try folder.file([1, 2, 3])).contains("3 bytes"))
    #expect(reason(try folder.file([UInt8](repeating: 0, count: 8))).contains("does not begin"))
    #expect(
      reason(try folder.file(Array("version https://git-lfs.github.com/spec/v1\n".utf8)))
        .contains("git lfs pull"))
    #expect(
      reason(try folder.file(header: [0x7B, 0xFF, 0x7D], dataCount: 0)).contains("not UTF-8"))
    #expect(reason(folder.url.appending(path: "absent")).contains("No such file"))
    #expect(reason(folder.url).contains("not a regular file"))
  }

  @Test func readsSpacedHeadersAndNoTensors() throws {
    let folder = try SafetensorsFolder()
    let header = " \n\t"
    let empty = try SafetensorsFile(folder.file(header: Array("{}   ".utf8), dataCount: 0))
    #expect(empty.names.isEmpty && empty.metadata.isEmpty)
    let spaced =
      "{\(header)\"a\" : { \"shape\" : [ 2 , 1 ] , \"dtype\" : \"U8\" ,"
      + " \"data_offsets\" : [ 0 , 2 ] } }\(header)"
    let file = try SafetensorsFile(folder.file(header: Array(spaced.utf8), dataCount: 2))
    #expect(try file.integers(named: "a") == [0, 1])
  }

  @Test func everyCutAndFlippedHeaderIsRefusedOrReadable() throws {
    let whole = try [UInt8](Data(contentsOf: #require(golden)))
    let folder = try SafetensorsFolder()
    for count in stride(from: 0, to: whole.count, by: 97) {
      let url = try folder.file(Array(whole[..<count]))
      #expect(throws: SafetensorsError.self) { try SafetensorsFile(url) }
    }
    var random = RandomSource(seed: 1)
    for _ in 0..<300 {
      var bytes = whole
      let header = 8 + Int(bytes[0]) + 256 * Int(bytes[1])
      for _ in 0...random.integer(below: 3) {
        bytes[random.integer(below: header)] ^= UInt8(1 << random.integer(below: 8))
      }
      do {
        let file = try SafetensorsFile(folder.file(bytes))
        for entry in file.entries where entry.dtype.natural != nil {
          _ = try file.tensor(named: entry.name)
        }
      } catch is SafetensorsError {}
    }
  }

  @Test func readsFromAFileLargerThanMemory() throws {
    let folder = try SafetensorsFolder()
    let size = 64 << 30  // a hole on the disk, so it takes no room
    let header =
      #"{"big":{"dtype":"U8","shape":[\#(size)],"data_offsets":[0,\#(size)]},"#
      + #""end":{"dtype":"U8","shape":[2],"data_offsets":[\#(size),\#(size + 2)]}}"#
    let url = try folder.file(header: Array(header.utf8), dataCount: 0)
    let handle = try FileHandle(forWritingTo: url)
    try handle.seek(toOffset: UInt64(8 + header.utf8.count + size))
    try handle.write(contentsOf: Data([5, 6]))
    let file = try SafetensorsFile(url)
    #expect(try file.integers(named: "end") == [5, 6])
    #expect(try file.shape(of: "big") == [size])
  }

  @Test func noticesAFileShortenedWhileOpen() throws {
    let folder = try SafetensorsFolder()
    let url = folder.url.appending(path: "x.safetensors")
    try Safetensors.write(tensors: [("a", Tensor.ones([100_000]))], to: url)
    let file = try SafetensorsFile(url)
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: 4096)
    #expect(throws: SafetensorsError.self) { try file.tensor(named: "a") }
  }
}
