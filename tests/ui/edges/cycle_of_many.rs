//! A cycle that nobody could read whole.

use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    pub type Context = ();

    #[step(depends_on = step_119)]
    async fn step_0() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_0)]
    async fn step_1() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_1)]
    async fn step_2() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_2)]
    async fn step_3() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_3)]
    async fn step_4() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_4)]
    async fn step_5() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_5)]
    async fn step_6() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_6)]
    async fn step_7() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_7)]
    async fn step_8() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_8)]
    async fn step_9() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_9)]
    async fn step_10() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_10)]
    async fn step_11() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_11)]
    async fn step_12() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_12)]
    async fn step_13() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_13)]
    async fn step_14() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_14)]
    async fn step_15() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_15)]
    async fn step_16() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_16)]
    async fn step_17() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_17)]
    async fn step_18() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_18)]
    async fn step_19() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_19)]
    async fn step_20() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_20)]
    async fn step_21() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_21)]
    async fn step_22() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_22)]
    async fn step_23() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_23)]
    async fn step_24() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_24)]
    async fn step_25() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_25)]
    async fn step_26() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_26)]
    async fn step_27() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_27)]
    async fn step_28() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_28)]
    async fn step_29() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_29)]
    async fn step_30() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_30)]
    async fn step_31() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_31)]
    async fn step_32() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_32)]
    async fn step_33() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_33)]
    async fn step_34() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_34)]
    async fn step_35() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_35)]
    async fn step_36() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_36)]
    async fn step_37() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_37)]
    async fn step_38() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_38)]
    async fn step_39() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_39)]
    async fn step_40() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_40)]
    async fn step_41() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_41)]
    async fn step_42() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_42)]
    async fn step_43() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_43)]
    async fn step_44() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_44)]
    async fn step_45() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_45)]
    async fn step_46() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_46)]
    async fn step_47() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_47)]
    async fn step_48() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_48)]
    async fn step_49() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_49)]
    async fn step_50() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_50)]
    async fn step_51() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_51)]
    async fn step_52() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_52)]
    async fn step_53() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_53)]
    async fn step_54() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_54)]
    async fn step_55() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_55)]
    async fn step_56() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_56)]
    async fn step_57() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_57)]
    async fn step_58() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_58)]
    async fn step_59() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_59)]
    async fn step_60() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_60)]
    async fn step_61() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_61)]
    async fn step_62() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_62)]
    async fn step_63() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_63)]
    async fn step_64() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_64)]
    async fn step_65() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_65)]
    async fn step_66() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_66)]
    async fn step_67() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_67)]
    async fn step_68() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_68)]
    async fn step_69() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_69)]
    async fn step_70() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_70)]
    async fn step_71() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_71)]
    async fn step_72() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_72)]
    async fn step_73() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_73)]
    async fn step_74() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_74)]
    async fn step_75() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_75)]
    async fn step_76() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_76)]
    async fn step_77() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_77)]
    async fn step_78() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_78)]
    async fn step_79() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_79)]
    async fn step_80() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_80)]
    async fn step_81() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_81)]
    async fn step_82() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_82)]
    async fn step_83() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_83)]
    async fn step_84() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_84)]
    async fn step_85() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_85)]
    async fn step_86() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_86)]
    async fn step_87() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_87)]
    async fn step_88() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_88)]
    async fn step_89() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_89)]
    async fn step_90() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_90)]
    async fn step_91() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_91)]
    async fn step_92() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_92)]
    async fn step_93() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_93)]
    async fn step_94() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_94)]
    async fn step_95() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_95)]
    async fn step_96() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_96)]
    async fn step_97() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_97)]
    async fn step_98() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_98)]
    async fn step_99() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_99)]
    async fn step_100() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_100)]
    async fn step_101() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_101)]
    async fn step_102() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_102)]
    async fn step_103() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_103)]
    async fn step_104() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_104)]
    async fn step_105() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_105)]
    async fn step_106() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_106)]
    async fn step_107() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_107)]
    async fn step_108() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_108)]
    async fn step_109() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_109)]
    async fn step_110() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_110)]
    async fn step_111() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_111)]
    async fn step_112() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_112)]
    async fn step_113() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_113)]
    async fn step_114() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_114)]
    async fn step_115() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_115)]
    async fn step_116() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_116)]
    async fn step_117() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_117)]
    async fn step_118() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = step_118)]
    async fn step_119() -> Result<(), StepError> {
        Ok(())
    }
}

fn main() {}
