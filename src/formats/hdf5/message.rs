//! The kinds of header messages (IV.A.2).

/// Flag of a message whose body stands elsewhere.
pub(super) const SHARED: u8 = 0x02;
/// Flag of a message without which the object cannot be understood.
pub(super) const FAIL_IF_UNKNOWN: u8 = 0x80;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $name:ident = $number:literal;)+) => {
        /// What a message tells.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Kind {
            $($(#[doc = $doc])* $name,)+
        }

        impl Kind {
            pub(super) fn from_number(number: u16) -> Option<Kind> {
                match number { $($number => Some(Kind::$name),)+ _ => None }
            }

            /// A bit of its own: no number is over 31.
            pub(super) const fn bit(self) -> u32 {
                1 << self.number()
            }

            /// The number that stands in the file.
            pub(super) const fn number(self) -> u16 {
                match self { $(Kind::$name => $number,)+ }
            }
        }
    };
}

kinds! {
    Nil = 0x00;
    Dataspace = 0x01;
    LinkInfo = 0x02;
    Datatype = 0x03;
    FillValueOld = 0x04;
    FillValue = 0x05;
    Link = 0x06;
    ExternalFiles = 0x07;
    DataLayout = 0x08;
    /// Only in test files.
    Bogus = 0x09;
    GroupInfo = 0x0A;
    FilterPipeline = 0x0B;
    Attribute = 0x0C;
    Comment = 0x0D;
    ModificationTimeOld = 0x0E;
    SharedMessageTable = 0x0F;
    Continuation = 0x10;
    SymbolTable = 0x11;
    ModificationTime = 0x12;
    BTreeK = 0x13;
    DriverInfo = 0x14;
    AttributeInfo = 0x15;
    ReferenceCount = 0x16;
    FileSpaceInfo = 0x17;
    /// Metadata cache image.
    CacheImage = 0x18;
}
