import Foundation

/// Memory that the system refuses.
package enum OutOfMemory {
  /// Given back before the last line is composed, which takes memory too.
  private static let reserve = Lock<UInt>(UInt(bitPattern: malloc(1 << 20)))

  /// Sets the reserve aside, while there is memory.
  package static func prepare() { reserve.withLock { _ in } }

  /// Ends the process with status 1 and one line that names bytes, purpose and what could be done.
  ///
  /// Not an error to be thrown: every operator would have to throw it, and whoever caught it would need memory.
  package static func end(_ bytes: Int, for purpose: String, holding held: Int, code: Int32)
    -> Never
  {
    reserve.withLock { address in
      free(UnsafeMutableRawPointer(bitPattern: address))
      address = 0
    }
    StandardErrorLog.write(
      "out of memory: the system refuses \(size(bytes)) for \(purpose) (\(String(cString: strerror(code)))); "
        + "tensors hold \(size(held))\(available.map { ", and " + $0 } ?? ""); \(advice)")
    _exit(1)
  }

  /// What a user can do.
  static let advice =
    "lower data.batch_size, meta.threads or the model's size, or raise the limit; what a run has saved is intact"

  /// Refuses to go on where the system has no more room for what libraries take beside tensors: code that oneDNN
  /// generates, buffers, stacks. Most of them end the process without a word when they are refused it.
  ///
  /// - Parameter bytes: how much there has to be.
  /// - Throws: ``MemoryShortage``.
  package static func requireRoom(_ bytes: Int) throws(MemoryShortage) {
    let place = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let place, place != MAP_FAILED else {
      let reason = String(cString: strerror(errno))
      errno = 0
      throw MemoryShortage(
        description:
          "out of memory: a step needs \(size(StorageAllocator.shared.peakBytesInUse)) for tensors and "
          + "\(size(bytes)) beside them, which the system refuses (\(reason))"
          + "\(available.map { "; " + $0 } ?? ""); \(advice)")
    }
    munmap(place, bytes)
  }

  /// What the system says it has: of memory, and of address space where that is limited.
  private static var available: String? {
    var parts: [String] = []
    if let free = availableBytes { parts.append("the system has \(size(free)) available") }
    var limit = rlimit()
    #if os(Linux)
      let resource = __rlimit_resource_t(UInt32(RLIMIT_AS.rawValue))
    #else
      let resource = RLIMIT_AS
    #endif
    if getrlimit(resource, &limit) == 0, limit.rlim_cur != rlim_t.max {
      parts.append("the process may have \(size(Int(clamping: limit.rlim_cur))) of addresses")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  /// `MemAvailable` of /proc/meminfo; nil where there is none.
  private static var availableBytes: Int? {
    guard let stream = fopen("/proc/meminfo", "r") else { return nil }
    defer { fclose(stream) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), stream) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      let words = text.split(whereSeparator: \.isWhitespace)
      if words.first == "MemAvailable:", words.count > 1 { return Int(words[1]).map { $0 * 1024 } }
    }
    return nil
  }

  /// `512 bytes`, `3.4 MiB`, `1.2 GiB`.
  private static func size(_ bytes: Int) -> String {
    let value = Double(bytes)
    if bytes < 1 << 20 { return "\(bytes) bytes" }
    if bytes < 1 << 30 { return String(format: "%.1f MiB", value / Double(1 << 20)) }
    return String(format: "%.1f GiB", value / Double(1 << 30))
  }
}

/// Memory that would be needed next and is not there.
public struct MemoryShortage: Error, Sendable, CustomStringConvertible {
  public let description: String
}
