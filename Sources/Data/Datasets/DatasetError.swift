/// Why a data set could not be opened.
public struct DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The folder does not exist or is not a folder.
    case missingFolder
    /// A file that the layout needs does not exist.
    case missingFile
    /// The folder or file cannot be read.
    case unreadable(String)
    /// A class's folder holds no image.
    case emptyClass(String)
    /// No image was found.
    case noImages
    /// The folder holds no class folders.
    case noClasses
    /// A class was asked for that the data set does not have.
    case unknownClass(String)
    /// A line of the annotations has the wrong form.
    case malformedLine(line: Int, text: String)
    /// A line of the annotations names an image that does not exist.
    case missingImage(line: Int, image: String)
    /// A line of the annotations names a class that the data set does not have.
    case unknownClassInLine(line: Int, name: String)
    /// A link leads out of the data set's folder, to the path given.
    case leadsOut(String)
    /// None of the known layouts fits; the text says what was looked for.
    case unknownLayout(lookedFor: String)
  }

  /// The file or folder.
  public let path: String
  public let reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public var description: String {
    switch reason {
    case .missingFolder: "\(path): no such folder; check the data path"
    case .missingFile: "\(path): no such file; unpack the data set again"
    case .unreadable(let text): "\(path): cannot be read: \(text)"
    case .emptyClass(let name):
      "\(path): class \(name) has no images (.jpg, .jpeg, .png); add some or remove the folder"
    case .noImages: "\(path): no images (.jpg, .jpeg, .png) in it; check the data path"
    case .noClasses: "\(path): no class folders in it; expected <class>/<image>.jpg below it"
    case .unknownClass(let name):
      "\(path): no class \(name) there; ask for classes that have a folder"
    case .malformedLine(let line, let text):
      "\(path):\(line): \"\(text)\" is not <image><tab><class>…; mend the line or remove it"
    case .missingImage(let line, let image):
      "\(path):\(line): image \(image) does not exist; restore it or remove the line"
    case .unknownClassInLine(let line, let name):
      "\(path):\(line): class \(name) is neither in wnids.txt nor in train/; "
        + "correct the line or remove it"
    case .leadsOut(let target):
      "\(path): leads out of the data set's folder, to \(target); copy what is there, or set "
        + "data.follow_links to true where the data are your own"
    case .unknownLayout(let lookedFor):
      "\(path): not a data set that is known here; looked for \(lookedFor)"
    }
  }
}
