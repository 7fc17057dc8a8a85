import Foundation
import JEPATensor

/// Formats of weights other than safetensors, which are recognized to say how they are converted.
enum ForeignFormat {
  case torch, tar, numpy, hdf5, gguf, page

  /// By the first bytes of a file; nil where it is none of these, or cannot be read.
  init?(_ url: URL) {
    guard let bytes = Self.start(of: url.path) else { return nil }
    func begins(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
    let text = String(decoding: bytes, as: UTF8.self)
    if begins([0x50, 0x4B, 0x03, 0x04]) {
      self = text.contains(".npy") && !text.contains("data.pkl") ? .numpy : .torch
    } else if bytes.count > 2, bytes[0] == 0x80, (2...5).contains(bytes[1]),
      bytes.count < 9 || bytes[8] != UInt8(ascii: "{")
    {
      // A safetensors file may begin so too: with its header's length, and a brace after eight bytes.
      self = .torch
    } else if begins([0x89, 0x48, 0x44, 0x46]) {
      self = .hdf5
    } else if begins([0x93] + Array("NUMPY".utf8)) {
      self = .numpy
    } else if begins(Array("GGUF".utf8)) {
      self = .gguf
    } else if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
      self = .tar
    } else if text.lowercased().drop(while: \.isWhitespace).hasPrefix("<!doctype html")
      || text.lowercased().drop(while: \.isWhitespace).hasPrefix("<html")
    {
      self = .page
    } else {
      return nil
    }
  }

  /// The first bytes of a regular file; a pipe or device under its name is not waited for.
  private static func start(of path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : Array(bytes[..<count])
  }

  /// Whether a file is called as weights in PyTorch's format are, and holds such.
  static func isWeights(_ url: URL) -> Bool {
    ["bin", "pth", "pt", "ckpt", "tar"].contains(url.pathExtension)
      && ForeignFormat(url).map { if case .torch = $0 { true } else { false } } ?? false
  }

  /// What the file is, and how to make of it one that is read.
  func advice(for url: URL) -> String {
    switch self {
    case .torch:
      "it is a PyTorch file (a pickle, which could run any code and is not read); convert it with "
        + "Python: " + Self.conversion(of: url)
    case .tar: "it is a tar archive; unpack it and name the safetensors file in it"
    case .numpy:
      "it is a NumPy file; write its arrays with safetensors.numpy.save_file(arrays, "
        + "\"model.safetensors\")"
    case .hdf5, .gguf:
      "it is \(self == .hdf5 ? "an HDF5" : "a GGUF") file; give the model as safetensors"
    case .page:
      "it is a web page, not the weights; download the file itself, on Hugging Face by \"resolve\" in "
        + "place of \"blob\" in the address"
    }
  }

  /// Three statements of Python, as a command for the shell. Dictionaries within the file, such as `encoder` and
  /// `target_encoder`, become prefixes of the tensors' names.
  private static func conversion(of url: URL) -> String {
    var output = url.lastPathComponent
    while [".pth", ".pt", ".bin", ".ckpt", ".tar"].contains(where: output.hasSuffix) {
      output = String(output.prefix(upTo: output.lastIndex(of: ".") ?? output.endIndex))
    }
    let statements = [
      #"import sys, torch; from safetensors.torch import save_file"#,
      #"d = torch.load(sys.argv[1], map_location="cpu", weights_only=True)"#,
      #"save_file({n: t.clone().contiguous() for k, v in d.items() for n, t in (((k, v),) if "#
        + #"torch.is_tensor(v) else ((f"{k}.{m}", t) for m, t in v.items()) if isinstance(v, dict) "#
        + #"else ()) if torch.is_tensor(t)}, sys.argv[2])"#,
    ]
    return "python3 -c '\(statements.joined(separator: "; "))' \(url.path.shellWord) "
      + (output + ".safetensors").shellWord
  }
}
