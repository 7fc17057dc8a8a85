import Foundation
import JEPATensor

/// Numbers as a reader wants them: a true minus, as many digits as the uncertainty leaves.
enum NumberText {
  static let minus = "\u{2212}"
  private static let thinSpace = "\u{202F}"

  /// So many decimals; no minus before a zero; groups of three from 10,000 on.
  static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value > 0 ? "∞" : minus + "∞" }
    var text = String(format: "%.\(max(0, decimals))f", abs(value))
    let isZero = !text.contains { $0 != "0" && $0 != "." }
    if abs(value) >= 9999.5 {
      let parts = text.split(separator: ".", maxSplits: 1)
      text = grouped(String(parts[0])) + (parts.count > 1 ? "." + parts[1] : "")
    }
    return (value < 0 && !isZero ? minus : "") + text
  }

  private static func grouped(_ digits: String) -> String {
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result += thinSpace }
      result.append(digit)
    }
    return result
  }

  /// So many significant digits, without an exponent for the sizes that figures have.
  static func significant(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite, value != 0 else { return fixed(value, decimals: 0) }
    let magnitude = Int(bounded: floor(log10(abs(value))))
    if magnitude < -5 {
      let exponent = fixed(Double(magnitude), decimals: 0)
      return fixed(value / pow(10, Double(magnitude)), decimals: digits - 1) + "·10^" + exponent
    }
    return fixed(value, decimals: digits - 1 - magnitude)
  }

  /// The decimals at which a number of this uncertainty shows one digit of it, and two where the first is
  /// 1 or 2: 1 for 0.34, 2 for 0.12, 0 for 12.
  static func decimals(resolving halfWidth: Double) -> Int {
    guard halfWidth.isFinite, halfWidth > 0 else { return 3 }
    return min(5, max(0, Int(bounded: -floor(log10(halfWidth / 3 * 1.000_001)))))
  }

  /// A setting: as few digits as tell it, at most six.
  static func short(_ value: Double) -> String {
    let text = String(format: "%.6g", value)
    return text.hasPrefix("-") ? minus + text.dropFirst() : text
  }

  static func percent(_ share: Double, decimals: Int = 0) -> String {
    fixed(100 * share, decimals: decimals) + "\u{00A0}%"
  }

  /// `950`, `12.3 k`, `5.64 M`.
  static func count(_ value: Double) -> String {
    for (size, name) in [(1e9, "G"), (1e6, "M"), (1e4, "k")] where abs(value) >= size {
      let unit = name == "k" ? 1e3 : size
      return significant(value / unit) + "\u{00A0}" + name
    }
    return fixed(value, decimals: abs(value) < 100 && value != value.rounded() ? 1 : 0)
  }

  /// `43 s`, `12 min 5 s`, `3 h 20 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "–" }
    if seconds < 9.95 { return fixed(seconds, decimals: 1) + "\u{00A0}s" }
    let whole = Int(bounded: seconds.rounded())
    if whole < 60 { return "\(whole)\u{00A0}s" }
    if whole < 3600 { return "\(whole / 60)\u{00A0}min \(whole % 60)\u{00A0}s" }
    return "\(whole / 3600)\u{00A0}h \(whole % 3600 / 60)\u{00A0}min"
  }

  /// `a`, `a and b`, `a, b and c`.
  static func enumeration(_ names: [String], _ word: String = "and") -> String {
    guard names.count > 1, let last = names.last else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " \(word) " + last
  }
}
