import Foundation
import JEPATensor

/// A model's tensors as they were published: in one safetensors file, or in several with an index.
struct EncoderWeights {
  /// The safetensors file, or the index of several.
  let url: URL
  /// The strings under the files' `__metadata__`.
  let metadata: [String: String]
  /// The bytes of all tensors.
  let byteCount: Double
  private let files: [SafetensorsFile]
  /// Where a tensor is: the file's index, and its name there.
  private let places: [String: (file: Int, name: String)]

  /// Names without those parts that PyTorch puts anywhere in them when it compiles or shards a module.
  private static let wrappers: Set<Substring> = [
    "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
  ]

  /// - Parameter url: a safetensors file, an index (`model.safetensors.index.json`), or the folder of one of them.
  /// - Throws: ``EncoderFileError``, `SafetensorsError`.
  init(_ url: URL) throws {
    let file = try Self.file(at: url)
    if let format = ForeignFormat(file) {
      throw EncoderFileError(file: file.path, reason: format.advice(for: file))
    }
    self.url = file
    if file.pathExtension == "json" {
      files = try Self.shards(of: file).map { try SafetensorsFile($0) }
    } else {
      if let index = Self.index(ofShard: file) {
        throw EncoderFileError(
          file: file.path,
          reason: "it is one of several files with a model's tensors; give \(index.path), or the "
            + "folder of both")
      }
      files = [try SafetensorsFile(file)]
    }
    var places: [String: (file: Int, name: String)] = [:]
    for (index, file) in files.enumerated() {
      for name in file.names {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        let plain = words.filter { !Self.wrappers.contains($0) }.joined(separator: ".")
        if places[plain] == nil || plain == name { places[plain] = (index, name) }
      }
    }
    self.places = places
    metadata = files.reduce(into: [:]) { $0.merge($1.metadata) { first, _ in first } }
    byteCount = files.reduce(0.0) { $1.entries.reduce($0) { $0 + Double($1.byteRange.count) } }
  }

  /// The tensors' names.
  var names: some Collection<String> { places.keys }

  func contains(_ name: String) -> Bool { places[name] != nil }

  func shape(of name: String) throws -> [Int] {
    let place = place(of: name)
    return try files[place.file].shape(of: place.name)
  }

  func tensor(named name: String, as dtype: DType) throws -> Tensor {
    let place = place(of: name)
    return try files[place.file].tensor(named: place.name, as: dtype)
  }

  /// One that is nowhere is the last file's to refuse.
  private func place(of name: String) -> (file: Int, name: String) {
    places[name] ?? (files.count - 1, name)
  }

  /// What has the tensors: `url` itself, or the file of those in a folder that is called as models' files are.
  private static func file(at url: URL) throws -> URL {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
      isFolder.boolValue
    else { return url }
    let contents = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let names = contents.sorted()
    let usual = ["model.safetensors", "model.safetensors.index.json", "encoder.safetensors"]
    var found = usual.first(where: names.contains)
    if found == nil {
      for ending in [".safetensors.index.json", ".safetensors", ".bin.index.json"] {
        let files = names.filter { $0.hasSuffix(ending) }
        guard files.count < 2 else {
          throw EncoderFileError(
            file: url.path,
            reason: "the folder has \(files.count) files that end in \(ending), "
              + "\(files[0]) and \(files[1]) among them; name one of them")
        }
        found = files.first
        if found != nil { break }
      }
    }
    found = found ?? names.first { ForeignFormat.isWeights(url.appendingPathComponent($0)) }
    guard let found else {
      throw EncoderFileError(
        file: url.path,
        reason: "the folder has no model.safetensors or model.safetensors.index.json; name the "
          + "folder of a model as Hugging Face keeps it, or a safetensors file")
    }
    return url.appendingPathComponent(found)
  }

  /// Whether a folder has the weights of a model, in whatever format.
  static func isModelFolder(_ url: URL) -> Bool { (try? file(at: url)).map { $0 != url } ?? false }

  /// The files that an index names.
  private static func shards(of index: URL) throws -> [URL] {
    func refuse(_ reason: String) -> EncoderFileError {
      EncoderFileError(file: index.path, reason: reason)
    }
    let data: Data
    do throws(RegularFile.Failure) {
      data = try RegularFile.contents(of: index.path, limit: 1 << 26)
    } catch {
      throw refuse("it cannot be read: \(error.reason)")
    }
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let map = object["weight_map"] as? [String: String], !map.isEmpty
    else {
      throw refuse(
        "it is no index of weights, which has a weight_map of names and files; give "
          + "model.safetensors.index.json, a safetensors file, or a model's folder")
    }
    let folder = index.deletingLastPathComponent()
    return try Set(map.values).sorted().map { name in
      guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
        throw refuse("it names \"\(name)\", which is not a file beside it; fetch the index again")
      }
      guard name.hasSuffix(".safetensors") else {
        throw refuse(
          "it lists PyTorch files such as \(name), which are not read; write the model anew with "
            + "transformers: AutoModel.from_pretrained(\"\(folder.path)\").save_pretrained(\"converted\")"
        )
      }
      let file = folder.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw refuse("it names \(name), which is not beside it; fetch all files of the model")
      }
      return file
    }
  }

  /// The index beside a file called as one of several, `model-00001-of-00002.safetensors`.
  private static func index(ofShard file: URL) -> URL? {
    let name = file.lastPathComponent
    guard let match = name.firstMatch(of: /^(.+)-\d+-of-\d+\.safetensors$/) else { return nil }
    let index = file.deletingLastPathComponent()
      .appendingPathComponent(match.1 + ".safetensors.index.json")
    return FileManager.default.fileExists(atPath: index.path) ? index : nil
  }
}
