import Foundation
import JEPAData

extension Image {
  /// The image as a PNG within a page.
  func dataURI() throws -> String {
    "data:image/png;base64," + (try PNGFile.encode(self)).base64EncodedString()
  }
}
