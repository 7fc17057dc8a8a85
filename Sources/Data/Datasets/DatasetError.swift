/// Why a data set could not be opened.
public struct DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Reason: Sendable, Equatable {
    /// The folder does not exist or is not a folder.
    case missingFolder
    /// A file that the layout needs does not exist.
    case missingFile
    /// The folder or file cannot be read.
    case unreadable(String)
    /// A class's folder holds no image; `passedOver` lists files of kinds that are not read.
    case emptyClass(String, passedOver: String? = nil)
    /// No image was found; `passedOver` lists files of kinds that are not read.
    case noImages(passedOver: String? = nil)
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
    /// The data set lies in a folder below.
    case tooHigh(below: String)
    /// A file, an archive for instance, where the data set's folder is asked for.
    case notAFolder
    /// Each class's folder is divided into parts, in place of each part into classes.
    case partsWithinClasses(example: String)
    /// A folder with a part's name may be a part or one of several classes.
    case partOrClass(String, others: String)
    /// A validation part shares no class with the training part.
    case noSharedClass(here: String, training: String)
    /// The images have no labels, and no part of them is kept for validation.
    case unlabeled
    /// Every class has one image, so that none is left for validation.
    case noValidationImages
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
    case .emptyClass(let name, let passedOver):
      "\(path): class \(name) has no images (\(ImageFile.listedExtensions)); "
        + (passedOver.map { "convert what is there (\($0)), add some" } ?? "add some")
        + " or remove the folder"
    case .noImages(let passedOver):
      "\(path): no images (\(ImageFile.listedExtensions)) in it; "
        + (passedOver.map { "convert what is there (\($0))" } ?? "check the data path")
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
      "\(path): leads out of the data set's folder, to \(target); copy what is there, or give "
        + "--follow-links where the data are your own"
    case .unknownLayout(let lookedFor):
      "\(path): not a data set that is known here; looked for \(lookedFor)"
    case .tooHigh(let below): "\(path): the data set lies in a folder below; give \(below)"
    case .notAFolder: "\(path): a file, not a folder; unpack it and give the folder"
    case .partsWithinClasses(let example):
      "\(path): each class's folder is divided into parts, as \(example); move them to train/<class> "
        + "and val/<class>"
    case .partOrClass(let name, let others):
      "\(path): \(name) may be a part of the data or a class beside \(others); for a part, make it "
        + "\(name)/<class>/<image>.jpg, and for a class, rename it"
    case .noSharedClass(let here, let training):
      "\(path): no class of the training part is in it; it has \(here), the training part \(training); "
        + "name the folders alike"
    case .unlabeled:
      "\(path): its images have no labels, and none are kept for validation, which an evaluation needs; put "
        + "labelled ones into train/<class> and val/<class>"
    case .noValidationImages:
      "\(path): every class has one image, so that none is left for validation; add images, or set "
        + "evaluation.every to 0"
    }
  }
}
