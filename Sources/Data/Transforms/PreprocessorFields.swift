import Foundation
import JEPATensor

/// The keys of a `preprocessor_config.json`, with the defaults of its class.
struct PreprocessorFields {
  private let file: String
  private let values: [String: Value]
  private let processor: Processor?

  /// - Throws: ``PreprocessorFileError``.
  init(_ url: URL) throws {
    file = url.path
    func refuse(_ reason: String) -> PreprocessorFileError {
      PreprocessorFileError(file: url.path, key: nil, reason: reason)
    }
    let data: Data
    do throws(RegularFile.Failure) {
      data = try RegularFile.contents(of: url.path, limit: 1 << 20)
    } catch {
      throw refuse("it cannot be read: \(error.reason)")
    }
    guard let values = try? JSONDecoder().decode([String: Value].self, from: data) else {
      throw refuse("it is not a JSON object; fetch it again from where the weights came")
    }
    self.values = values
    guard case .text(let name)? = values["image_processor_type"] ?? values["feature_extractor_type"]
    else {
      processor = nil
      return
    }
    processor = Processor(named: name)
  }

  func error(_ key: String, _ reason: String) -> PreprocessorFileError {
    PreprocessorFileError(file: file, key: key, reason: reason)
  }

  /// Refuses steps of other processors, which would change the images.
  func refuseOtherSteps() throws {
    for key in [
      "do_pad", "do_flip_channel_order", "do_thumbnail", "do_align_long_axis", "rescale_offset",
      "do_color_quantize", "crop_pct", "do_split_image",
    ] {
      switch values[key] {
      case nil, .null, .flag(false): continue
      default:
        throw error(
          key, "asks for a step that is not known here; set it to false to leave the step out")
      }
    }
  }

  /// The value of a key, or its class's default; nil for neither.
  private func value(_ key: String) -> Value? {
    if let value = values[key], value != .null { return value }
    return processor?.defaults[key]
  }

  private func missing(_ key: String, way: String) -> PreprocessorFileError {
    error(
      key,
      "is missing, and the default of its image_processor_type is not known; write it, or give \(way)"
    )
  }

  func flag(_ key: String, else fallback: Bool, way: String) throws -> Bool {
    switch value(key) {
    case nil: return fallback
    case .flag(let flag)?: return flag
    default: throw error(key, "is neither true nor false; mend it, or give \(way)")
    }
  }

  func positive(_ key: String, else fallback: Double, way: String) throws -> Double {
    switch value(key) {
    case nil: return fallback
    case .number(let number)? where number > 0 && number.isFinite: return number
    default: throw error(key, "is not a number above 0; mend it, or give \(way)")
    }
  }

  /// A number for each of red, green and blue; a single one counts for all.
  func channels(_ key: String, way: String) throws -> [Double] {
    switch value(key) {
    case nil: throw missing(key, way: way)
    case .number(let number)?: return [number, number, number]
    case .list(let list)?:
      let numbers = list.compactMap { if case .number(let number) = $0 { number } else { nil } }
      if list.count == 3, numbers.count == 3 { return numbers }
      fallthrough
    default:
      throw error(key, "is not three numbers, for red, green and blue; mend it, or give \(way)")
    }
  }

  func interpolation() throws -> Interpolation {
    let way = "give --interpolation bilinear or bicubic in its place"
    switch value("resample") ?? value("interpolation") {
    case nil: throw missing("resample", way: "--interpolation")
    case .number(2)?, .text("bilinear")?: return .bilinear
    case .number(3)?, .text("bicubic")?: return .bicubic
    case .number(let code)?:
      let names = [0: "nearest", 1: "lanczos", 4: "box", 5: "hamming"]
      let name = Int(exactly: code).flatMap { names[$0] } ?? "no filter of Pillow's"
      throw error(
        "resample", "is \(String(format: "%g", code)), \(name), which is not known here; \(way)")
    case .text(let name)?:
      throw error("resample", "is \"\(name)\", which is not known here; \(way)")
    default: throw error("resample", "is not the number of a filter; \(way)")
    }
  }

  /// `{height, width}`, `{shortest_edge}`, or one number: of a square, or for BiT and CLIP of the shorter side.
  func size(_ key: String, way: String) throws -> Resize.Target {
    func pixels(_ value: Value?) throws -> Int {
      guard case .number(let number)? = value, let pixels = Int(exactly: number), pixels > 0,
        pixels <= 16384
      else { throw error(key, "is not between 1 and 16384 pixels; mend it, or give \(way)") }
      return pixels
    }
    switch value(key) {
    case nil: throw missing(key, way: way)
    case .number?:
      let side = try pixels(value(key))
      if key == "size", processor?.isSquare != true {
        guard processor != nil else {
          throw error(
            key,
            "is one number, and whether it means a square depends on an image_processor_type that "
              + "is not known; write height and width, or give \(way)")
        }
        return .shorterSide(side)
      }
      return .exactly(height: side, width: side)
    case .list(let list)? where list.count == 2:
      return .exactly(height: try pixels(list[0]), width: try pixels(list[1]))
    case .object(let sides)?:
      let given = Set(sides.filter { $0.value != .null }.keys)
      if given == ["height", "width"] {
        return .exactly(height: try pixels(sides["height"]), width: try pixels(sides["width"]))
      }
      if given == ["shortest_edge"] { return .shorterSide(try pixels(sides["shortest_edge"])) }
      throw error(
        key,
        "has \(given.sorted().joined(separator: " and ")), and only height and width, or shortest_edge, "
          + "are known here; give \(way)")
    default:
      throw error(key, "is no size; write {\"height\": 224, \"width\": 224}, or give \(way)")
    }
  }
}

/// The image processors whose defaults are known.
private enum Processor {
  case vit, bit

  /// The class's name, without what tells how it computes.
  init?(named name: String) {
    var name = name
    for ending in ["Fast", "Pil"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
    for ending in ["ImageProcessor", "FeatureExtractor"] where name.hasSuffix(ending) {
      name.removeLast(ending.count)
    }
    switch name {
    case "ViT": self = .vit
    case "Bit", "CLIP": self = .bit
    default: return nil
    }
  }

  /// Whether one number is the side of a square.
  var isSquare: Bool { self == .vit }

  var defaults: [String: Value] {
    switch self {
    case .vit:
      [
        "do_center_crop": .flag(false), "image_mean": .number(0.5), "image_std": .number(0.5),
        "resample": .number(2), "size": .number(224),
      ]
    case .bit:
      [
        "do_center_crop": .flag(true), "crop_size": .number(224), "size": .number(224),
        "image_mean": .list([0.48145466, 0.4578275, 0.40821073].map(Value.number)),
        "image_std": .list([0.26862954, 0.26130258, 0.27577711].map(Value.number)),
        "resample": .number(3),
      ]
    }
  }
}

private enum Value: Decodable, Equatable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([Value])
  case object([String: Value])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([Value].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: Value].self))
    }
  }
}
