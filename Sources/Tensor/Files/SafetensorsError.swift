/// Why a safetensors file could not be read or written.
public struct SafetensorsError: Error, CustomStringConvertible, Equatable {
  /// The file's path.
  public let file: String
  /// The tensor concerned, if one is.
  public let tensor: String?
  /// What is wrong and, where there is one, the way out.
  public let reason: String
  /// The system's code where it failed, which says nothing of the file's content; nil for what is wrong with that.
  public let systemCode: Int32?

  public init(file: String, tensor: String? = nil, reason: String, systemCode: Int32? = nil) {
    self.file = file
    self.tensor = tensor
    self.reason = reason
    self.systemCode = systemCode
  }

  public var description: String {
    if let tensor { return "\(file): tensor \"\(tensor)\" \(reason)" }
    return "\(file): \(reason)"
  }
}
